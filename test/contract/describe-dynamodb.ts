import { afterAll, beforeAll, describe, inject, test } from "vitest";
import {
  connectDynamoDb,
  type DynamoDbLocal,
  type DynamoDbProcess,
  startDeadlineMs,
  startDynamoDb,
  whyUnavailable,
} from "#test/support/dynamodb-local.ts";

/** Many small requests to a busy machine take their time. */
const testTimeoutMs = 30_000;

/**
 * Runs a suite against DynamoDB Local: the instance of the global setup, or one of its own where there is none. Skips
 * where there is no Java; with CI=true that is an error.
 */
export function describeDynamoDb(name: string, suite: (local: () => DynamoDbLocal) => void): void {
  const problem = whyUnavailable();
  if (problem !== undefined) {
    if (process.env["CI"] === "true") throw new Error(problem);
    console.warn(`skipped: ${problem}`);
    describe(name, () => test.skip(problem));
    return;
  }
  describe(name, { timeout: testTimeoutMs }, () => {
    let local: DynamoDbLocal | undefined;
    let own: DynamoDbProcess | undefined;
    beforeAll(async () => {
      const shared = inject("dynamoDbEndpoint");
      if (shared === undefined) own = await startDynamoDb();
      local = await connectDynamoDb(shared ?? own?.endpoint ?? "");
    }, startDeadlineMs);
    afterAll(async () => {
      local?.client.destroy();
      await own?.stop();
    });

    suite(() => {
      if (local === undefined) throw new Error("DynamoDB Local is asked for before it was started");
      return local;
    });
  });
}
