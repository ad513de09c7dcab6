import { Console } from "node:console";
import { Writable } from "node:stream";
import { Logger } from "@aws-lambda-powertools/logger";
import type { Context } from "aws-lambda";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { lambdaHandler } from "#src/adapters/powertools/lambda-edge.ts";
import { PowertoolsLogger } from "#src/adapters/powertools/powertools-logger.ts";
import { PowertoolsMetrics } from "#src/adapters/powertools/powertools-metrics.ts";

const context = { awsRequestId: "request-1", functionName: "reduce", functionVersion: "1" } as Context;

/** What a Lambda would find in its log, parsed. */
function anEdge() {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(...String(chunk).split("\n").filter(Boolean));
      done();
    },
  });
  const logger = new Logger({ serviceName: "test", logLevel: "INFO" });
  Object.assign(logger, { console: new Console(stream, stream) });
  vi.stubEnv("POWERTOOLS_METRICS_NAMESPACE", "Earworm");
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const metrics = new PowertoolsMetrics();
  vi.spyOn(metrics.powertools as unknown as { console: Console }, "console", "get").mockReturnValue(
    new Console(stream, stream),
  );
  return {
    edge: { logger: new PowertoolsLogger(logger), metrics },
    log: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

describe("lambdaHandler", () => {
  test("answers what the handler answers, and logs with the request's id", async () => {
    const { edge, log } = anEdge();
    const handler = lambdaHandler(async (event: { n: number }) => {
      edge.logger.info("applied", { epoch: 7 });
      edge.logger.debug("not shown");
      return await Promise.resolve(event.n + 1);
    }, edge);

    const result = await handler({ n: 41 }, context);

    expect(result).toBe(42);
    expect(log().filter((line) => line["level"] !== undefined)).toMatchObject([
      { level: "INFO", message: "applied", epoch: 7, function_request_id: "request-1" },
    ]);
  });

  test("publishes what was recorded as embedded metrics, also when the handler throws", async () => {
    const { edge, log } = anEdge();
    const handler = lambdaHandler(async () => {
      edge.metrics.record("PlaysReduced", 12);
      edge.metrics.record("ReduceMs", 3.5, "Milliseconds");
      await Promise.resolve();
      throw new Error("the store is down");
    }, edge);

    await expect(handler({}, context)).rejects.toThrow("the store is down");

    expect(log()).toContainEqual(expect.objectContaining({ PlaysReduced: 12, ReduceMs: 3.5 }));
  });
});
