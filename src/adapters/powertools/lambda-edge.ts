import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import type { PowertoolsLogger } from "./powertools-logger.ts";
import type { PowertoolsMetrics } from "./powertools-metrics.ts";

/** A Lambda function as this project writes them. */
type Handler<Event, Result> = (event: Event, context: Context) => Promise<Result>;

/** Puts the invocation's request id into every log line, and publishes the metrics when the handler ends or throws. */
export function lambdaHandler<Event, Result>(
  handler: Handler<Event, Result>,
  { logger, metrics }: { readonly logger: PowertoolsLogger; readonly metrics: PowertoolsMetrics },
): Handler<Event, Result> {
  return middy<Event, Result, Error, Context>()
    .use(injectLambdaContext(logger.powertools, { flushBufferOnUncaughtError: true }))
    .use(logMetrics(metrics.powertools, { captureColdStartMetric: true }))
    .handler(handler);
}
