/**
 * A contestant: consumes full batches of one shard, and prints what the calls took. `node consume.ts KIND LINES`, where LINES is a file
 * of plays as JSON, one a line. What is measured is the handler as it is deployed, over segments in memory, in its steady state:
 * compiled, and with the ids of one dedupe horizon in its memory.
 */
import { readFileSync } from "node:fs";
import { createConsumeHandler } from "#functions/mapreduce/consume-handler.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { MemoryLogger } from "#src/adapters/memory/memory-logger.ts";
import { MemoryMetrics } from "#src/adapters/memory/memory-metrics.ts";
import { MemorySegmentStore } from "#src/adapters/memory/memory-segment-store.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { kinesisEvent } from "#test/support/pipeline.ts";
import { type Batch, batchesOf, type RecordKind, recordKinds } from "./batches.ts";

/** What the calls took. */
export interface ConsumeSample {
  readonly plays: number;
  readonly batches: number;
  /** User and system, of all threads of the process. */
  readonly cpuSeconds: number;
  readonly segmentBytes: number;
}

const [kind = "", linesFile = ""] = process.argv.slice(2);
const horizonMs = 60_000;
/** About what one shard takes in records of 80 plays: 1 MB/s. */
const playsPerSecond = 8000;
/** More than one horizon holds. */
const warmUpPlays = 520_000;
const measuredPlays = 260_000;

/** Calls the consumer, or what stands in its place, and says how many bytes of segments it has written. */
interface Consumer {
  consume(batch: Batch, arrivedAt: number): Promise<void>;
  segmentBytes(): number;
}

function earworm(): Consumer {
  const store = new MemorySegmentStore();
  let now = 0;
  let sequence = 0;
  let bytes = 0;
  const handler = createConsumeHandler({
    segments: {
      readHead: (shard) => store.readHead(shard),
      readHeads: () => store.readHeads(),
      readRange: (...range) => store.readRange(...range),
      readBack: (...range) => store.readBack(...range),
      append(segment, expiresAt) {
        bytes += segment.body.byteLength;
        return store.append(segment, expiresAt);
      },
    },
    lineage: { ancestors: () => Promise.resolve([]) },
    codec: nodeRecordCodec,
    decodeBase64: (text) => Buffer.from(text, "base64"),
    clock: () => now as EpochMs,
    logger: new MemoryLogger(),
    metrics: new MemoryMetrics(),
    dedupeHorizonMs: horizonMs,
    segmentRetentionMs: 7 * 86_400_000,
  });
  return {
    async consume({ records }, arrivedAt) {
      now = arrivedAt;
      const event = kinesisEvent(
        records.map((data) => {
          sequence += 1;
          return { sequenceNumber: `49${String(sequence).padStart(54, "0")}`, data, arrivedAt };
        }),
      );
      await timed(() => handler(event));
    },
    segmentBytes: () => bytes,
  };
}

/** The floor: JSON.parse of every play's text, and nothing else. */
function parseAlone(): Consumer {
  let sum = 0;
  return {
    async consume({ records }) {
      const texts = records.map(String);
      await timed(() => {
        for (const text of texts) sum += JSON.parse(text).started_at;
        return Promise.resolve();
      });
      if (Number.isNaN(sum)) throw new Error("a play does not say when it started");
    },
    segmentBytes: () => 0,
  };
}

let cpuMicros = 0;

async function timed(work: () => Promise<void>): Promise<void> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  cpuMicros += user + system;
}

function kindOf(name: string): RecordKind {
  const found = recordKinds.find((each) => each === name);
  if (found === undefined) throw new Error(`there is no kind ${name} of records`);
  return found;
}

async function measure(): Promise<ConsumeSample> {
  const consumer = kind === "parse" ? parseAlone() : earworm();
  const batches = batchesOf(
    readFileSync(linesFile, "utf8").trimEnd().split("\n"),
    kind === "parse" ? "json" : kindOf(kind),
  );
  let plays = 0;
  const consumeSome = async (atLeast: number): Promise<Omit<ConsumeSample, "cpuSeconds">> => {
    const [before, bytesBefore] = [plays, consumer.segmentBytes()];
    let count = 0;
    for (; plays - before < atLeast; count++) {
      const batch = batches.next();
      plays += batch.plays;
      await consumer.consume(batch, Math.round(startAt + (plays / playsPerSecond) * 1000));
    }
    return { plays: plays - before, batches: count, segmentBytes: consumer.segmentBytes() - bytesBefore };
  };
  await consumeSome(warmUpPlays);
  cpuMicros = 0;
  const measured = await consumeSome(measuredPlays);
  return { ...measured, cpuSeconds: cpuMicros / 1e6 };
}

/** After the plays have started. */
const startAt = Date.parse("2026-11-20T21:00:00Z");

console.log(JSON.stringify(await measure()));
