import { expect, test } from "vitest";
import { describeDynamoDb } from "#test/contract/describe-dynamodb.ts";
import { requestFaults } from "./fault-kinds.ts";
import { playScenarios, smallRun, Tally } from "./harness.ts";
import { openDynamoDb } from "./run-stores.ts";
import { faultRuns, faultSeed, faultTimeoutMs } from "./settings.ts";

describeDynamoDb("every play counts once on DynamoDB Local", (local) => {
  test("whatever goes wrong", { timeout: faultTimeoutMs }, async () => {
    const tally = new Tally();
    const property = { runs: Math.ceil(faultRuns / 5), seed: faultSeed, size: smallRun };

    await playScenarios({ open: openDynamoDb(local), tally }, property);

    expect(tally.errors).toBe(0);
    for (const kind of requestFaults) expect(tally.faults.count(kind), kind).toBeGreaterThan(0);
  });
});
