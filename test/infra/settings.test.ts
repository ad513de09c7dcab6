import { RemovalPolicy } from "aws-cdk-lib";
import { expect, test } from "vitest";
import { settingsFor } from "#lib/settings.ts";

test("prod keeps its data and dev lets it go", () => {
  expect(settingsFor("prod").removalPolicy).toBe(RemovalPolicy.RETAIN);
  expect(settingsFor("dev").removalPolicy).toBe(RemovalPolicy.DESTROY);
});

test("both stages have the same tick, horizon and epoch", () => {
  const shared = { tickSeconds: 5, dedupeHorizonMs: 600_000, maxEpochPlays: 50_000, shards: "on-demand" };

  expect(settingsFor("dev")).toMatchObject(shared);
  expect(settingsFor("prod")).toMatchObject(shared);
});

test.each(["qa", "", "toString", 7])("an unknown stage %j is named, with those there are", (stage) => {
  expect(() => settingsFor(stage)).toThrow(
    `invalid settings: stage must be one of dev, prod, got ${JSON.stringify(stage)}`,
  );
});

test.each([
  [{ tickSeconds: 0 }, "tickSeconds must be an integer from 1 to 60, got 0"],
  [{ tickSeconds: 2.5 }, "tickSeconds must be an integer from 1 to 60, got 2.5"],
  [{ shards: 0 }, 'shards must be "on-demand" or an integer from 1 to 10000, got 0'],
  [{ streamRetentionHours: 12 }, "streamRetentionHours must be an integer from 24 to 8760, got 12"],
  [{ consumerBatchSize: 10_001 }, "consumerBatchSize must be an integer from 1 to 10000, got 10001"],
  [{ consumerWindowSeconds: 0 }, "consumerWindowSeconds must be an integer from 1 to 300, got 0"],
  [{ heavyMemoryMb: 64 }, "heavyMemoryMb must be an integer from 128 to 10240, got 64"],
  [
    { dedupeHorizonMs: 86_400_000, segmentRetentionDays: 1 },
    "dedupeHorizonMs must be shorter than segmentRetentionDays (1), got 86400000",
  ],
])("%j is refused by name and value", (overrides, message) => {
  expect(() => settingsFor("dev", overrides)).toThrow(message);
});

test("one error names every bad setting", () => {
  expect(() => settingsFor("dev", { tickSeconds: 0, leaseMs: -1 })).toThrow(
    /tickSeconds .* got 0; leaseMs .* got -1/,
  );
});
