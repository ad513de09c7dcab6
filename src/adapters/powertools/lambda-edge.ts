import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import type { EpochMs } from "#src/domain/play.ts";
import type { Clock } from "#src/ports/clock.ts";
import { PowertoolsLogger } from "./powertools-logger.ts";
import { PowertoolsMetrics } from "./powertools-metrics.ts";

/** What every Lambda has: logs, metrics and the time. */
export interface LambdaEdge {
  readonly logger: PowertoolsLogger;
  readonly metrics: PowertoolsMetrics;
  readonly clock: Clock;
}

export const createLambdaEdge = (): LambdaEdge => ({
  logger: new PowertoolsLogger(),
  metrics: new PowertoolsMetrics(),
  clock: () => Date.now() as EpochMs,
});

/** A Lambda function as this project writes them. */
type Handler<Event, Result> = (event: Event, context: Context) => Promise<Result>;

/** Puts the invocation's request id into every log line, and publishes the metrics when the handler ends or throws. */
export function lambdaHandler<Event, Result>(
  handler: Handler<Event, Result>,
  { logger, metrics }: Pick<LambdaEdge, "logger" | "metrics">,
): Handler<Event, Result> {
  return middy<Event, Result, Error, Context>()
    .use(injectLambdaContext(logger.powertools, { flushBufferOnUncaughtError: true }))
    .use(logMetrics(metrics.powertools))
    .handler(handler);
}
