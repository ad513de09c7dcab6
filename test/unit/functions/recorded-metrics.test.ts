import { expect, test } from "vitest";
import { createBroadcastHandler } from "#functions/ws-broadcast/broadcast-handler.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { aMoment } from "#test/support/arbitraries.ts";
import { aPlay } from "#test/support/builders.ts";
import { kinesisEvent, Pipeline } from "#test/support/pipeline.ts";
import { anEpoch, commitEpoch, memoryStores } from "#test/support/published.ts";
import { recordedMetrics } from "#test/support/recorded-metrics.ts";

const epoch = 1 as EpochNumber;

async function recordedByBroadcast(): Promise<string[]> {
  const stores = memoryStores();
  await commitEpoch(stores, anEpoch(epoch));
  await createBroadcastHandler(stores)({ epoch });
  return stores.metrics.entries.map(({ name }) => name);
}

test("every function records the metrics that are listed, and no other", async () => {
  const pipeline = new Pipeline({ now: () => aMoment });
  const recorded: Record<string, string[]> = {};
  const run = async (service: string, invocation: () => Promise<unknown>) => {
    const before = pipeline.metrics.entries.length;
    await invocation();
    recorded[service] = pipeline.metrics.entries
      .slice(before)
      .map(({ name }) => name)
      .sort();
  };

  const record = { sequenceNumber: "1", data: encodePlay(aPlay()), arrivedAt: aMoment };
  await run("mapreduce-consume", () => pipeline.container()(kinesisEvent([record])));
  await run("mapreduce-plan", () => pipeline.plan());
  await run("mapreduce-reduce", () => pipeline.reduce(epoch));
  await run("user-behavior", () => pipeline.userBehavior(epoch));
  await run("recommendation", () => pipeline.recommendation(epoch));
  await run("mapreduce-commit", () => pipeline.commit(epoch));
  recorded["ws-broadcast-broadcast"] = (await recordedByBroadcast()).sort();

  expect(recorded).toEqual(recordedMetrics);
});
