import { expect, test } from "vitest";
import { createArchiveHandler } from "#functions/archive/archive-handler.ts";
import { createVerifyHandler } from "#functions/verify/verify-handler.ts";
import { createBroadcastHandler } from "#functions/ws-broadcast/broadcast-handler.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { MemoryArchive } from "#src/adapters/memory/memory-archive.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { aMoment } from "#test/support/arbitraries.ts";
import { aPlay } from "#test/support/builders.ts";
import { kinesisEvent, Pipeline } from "#test/support/pipeline.ts";
import { anEpoch, commitEpoch, memoryStores } from "#test/support/published.ts";
import { recordedMetrics } from "#test/support/recorded-metrics.ts";

const epoch = 1 as EpochNumber;

/** What the charts step records, and a worker that has all duties but one. */
async function recordedByCharts(): Promise<string[]> {
  const pipeline = new Pipeline({ now: () => aMoment, playsPerWorker: 1, maxWorkers: 2 });
  const data = ["a", "b"].map((eventId) => encodePlay(aPlay({ eventId })));
  const records = data.map((each, i) => ({ sequenceNumber: `${i + 1}`, data: each, arrivedAt: aMoment }));
  await pipeline.container()(kinesisEvent(records));
  await pipeline.plan();
  const namesSince = (before: number) => pipeline.metrics.entries.slice(before).map(({ name }) => name);
  const planned = pipeline.metrics.entries.length;
  for (const worker of [0, 1]) await pipeline.reduceWorker(epoch, worker);
  expect([...new Set(namesSince(planned))].sort()).toEqual(recordedMetrics["mapreduce-reduce"]);
  const reduced = pipeline.metrics.entries.length;
  await pipeline.charts(epoch);
  return namesSince(reduced);
}

async function recordedByBroadcast(): Promise<string[]> {
  const stores = memoryStores();
  await commitEpoch(stores, anEpoch(epoch));
  await createBroadcastHandler(stores)({ epoch });
  return stores.metrics.entries.map(({ name }) => name);
}

function verify({ stores, logger, metrics }: Pipeline, archive: MemoryArchive) {
  const handler = createVerifyHandler({
    ...{ ...stores, ...nodeRecordCodec, archive, logger, metrics, clock: () => aMoment },
    ...{ leaseMs: 300_000, horizonMs: 600_000, days: 0 },
    pause: () => Promise.reject(new Error("there is nothing to wait for")),
  });
  return handler({}, { awsRequestId: "verification", getRemainingTimeInMillis: () => 900_000 });
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
  const archive = new MemoryArchive();
  const decodeBase64 = (text: string) => Buffer.from(text, "base64");
  await run("archive", () =>
    createArchiveHandler({ ...pipeline, archive, decodeBase64 })(kinesisEvent([record])),
  );
  await run("mapreduce-plan", () => pipeline.plan());
  await run("mapreduce-reduce", () => pipeline.reduce(epoch));
  await run("user-behavior", () => pipeline.userBehavior(epoch));
  await run("recommendation", () => pipeline.recommendation(epoch));
  await run("mapreduce-commit", () => pipeline.commit(epoch));
  await run("verify", () => verify(pipeline, archive));
  recorded["mapreduce-charts"] = await recordedByCharts();
  recorded["ws-broadcast-broadcast"] = (await recordedByBroadcast()).sort();

  expect(recorded).toEqual(recordedMetrics);
});
