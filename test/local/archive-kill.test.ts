import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LocalStream, TRIM_HORIZON } from "#local/stream/play-stream.ts";
import { Random } from "#simulator/random.ts";
import { DirectoryArchive } from "#src/adapters/archive/directory-archive.ts";
import { readArchive } from "#src/domain/archive.ts";
import { DevProcess } from "#test/support/earworm-process.ts";

/** More rounds and other seeds find more: EARWORM_KILL_ROUNDS=30 EARWORM_KILL_SEED=7 vitest run test/local/archive-kill.test.ts */
const rounds = Number(process.env["EARWORM_KILL_ROUNDS"] ?? 4);
const seed = Number(process.env["EARWORM_KILL_SEED"] ?? 20_261_122);
const timeout = 60_000 + rounds * 20_000;
const shards = 2;
const requestTimeoutMs = 5000;

let dir = "";
let dev: DevProcess | undefined;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "earworm-archive-kill-"));
});

afterEach(async () => {
  await dev?.end("SIGKILL");
  rmSync(dir, { recursive: true });
});

async function start(): Promise<DevProcess> {
  dev = await DevProcess.start(["--data-dir", join(dir, "data"), "--shards", String(shards), "--tick", "50"]);
  return dev;
}

/** Puts numbered records until it is told to stop or nobody answers; the sequence numbers that were acknowledged. */
async function putUntil(
  { kinesisUrl }: DevProcess,
  isOver: () => boolean,
  random: Random,
): Promise<string[]> {
  const kinesis = new KinesisClient({
    endpoint: kinesisUrl,
    region: "us-east-1",
    credentials: { accessKeyId: "any", secretAccessKey: "any" },
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  });
  const acknowledged: string[] = [];
  while (!isOver()) {
    const Records = Array.from({ length: 1 + random.below(200) }, (_, i) => ({
      PartitionKey: `user-${random.below(50)}`,
      Data: Buffer.from(`{"n":${i},"padding":"${"x".repeat(random.below(300))}"}`),
    }));
    const abortSignal = AbortSignal.timeout(requestTimeoutMs);
    const put = new PutRecordsCommand({ StreamName: "plays", Records });
    const answer = await kinesis.send(put, { abortSignal }).catch(() => undefined);
    if (answer === undefined) break;
    for (const { SequenceNumber } of answer.Records ?? []) acknowledged.push(SequenceNumber ?? "none");
  }
  kinesis.destroy();
  return acknowledged;
}

type Kept = readonly [shard: string, sequenceNumber: string, key: string, at: number, data: string];

/** What the stream kept: everything, since nothing in it is an hour old. */
function streamed(): Kept[] {
  const stream = LocalStream.open({
    ...{ dir: join(dir, "data", "stream"), name: "plays", shardCount: shards, retentionMs: 3_600_000 },
    ...{ fsync: false, now: Date.now },
  });
  const limits = { maxRecords: 10_000_000, maxBytes: Number.POSITIVE_INFINITY };
  const records = stream.shardIds.flatMap((id) =>
    stream
      .read(id, TRIM_HORIZON, limits)
      .map(({ sequenceNumber, partitionKey, approximateArrivalTimestamp, data }): Kept => {
        const text = Buffer.from(data).toString();
        return [`plays/${id}`, sequenceNumber, partitionKey, approximateArrivalTimestamp, text];
      }),
  );
  stream.close();
  return records;
}

/** What the archive gives, shard after shard. */
async function archived(): Promise<Kept[]> {
  const records: Kept[] = [];
  for await (const record of readArchive(new DirectoryArchive(join(dir, "data", "archive")))) {
    const { shard, sequenceNumber, partitionKey, arrivedAt, data } = record;
    records.push([shard, sequenceNumber, partitionKey, arrivedAt, Buffer.from(data).toString()]);
  }
  return records.sort(([a], [b]) => Number(a > b) - Number(a < b)); // stable: a shard's order stays
}

test("a process that is killed again and again archives every record it took exactly once, in order", {
  timeout,
}, async () => {
  const random = new Random(seed);
  const acknowledged: string[] = [];
  for (let round = 1; round <= rounds; round++) {
    const killed = await start();
    let isOver = false;
    const putting = putUntil(killed, () => isOver, random);
    await pause(300 + random.below(2500)); // before, within and after the writes of every second
    expect(await killed.end("SIGKILL")).toMatchObject({ signal: "SIGKILL" });
    isOver = true;
    acknowledged.push(...(await putting));
  }
  const last = await start();

  expect(await last.end("SIGTERM")).toEqual({ code: 0, signal: null });

  const kept = await archived();
  expect(kept).toEqual(streamed());
  const numbers = new Set(kept.map(([, sequenceNumber]) => sequenceNumber));
  expect(numbers.size).toBe(kept.length);
  expect(acknowledged.length).toBeGreaterThan(rounds * 100);
  expect(acknowledged.filter((number) => !numbers.has(number))).toEqual([]);
  expect(last.stderr).not.toContain("the archiver failed");
});
