import { join } from "node:path";
import { KinesisClient, PutRecordCommand } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DevBench } from "#test/support/dev-bench.ts";
import { DevProcess } from "#test/support/earworm-process.ts";
import { expectExactCounts } from "#test/support/exact-counts.ts";
import { SmallDisk } from "#test/support/small-disk.ts";
import { until } from "#test/support/until.ts";

const seed = 20_261_121;
const timeout = 120_000;
const megabytes = 96;

let bench: DevBench;
let disk: SmallDisk | undefined;

beforeEach(async ({ skip }) => {
  bench = new DevBench();
  disk = await SmallDisk.create(bench.dir, megabytes).catch((lack: unknown) => {
    if (process.env["CI"] === "true") throw lack;
    return skip(String(lack));
  });
});

afterEach(async () => {
  await bench.end();
  await disk?.end();
});

/** What a producer is answered that puts a record which does not fit. */
async function answersToTooMuch({ url, kinesisUrl }: DevProcess): Promise<readonly [string, number, string]> {
  const client = new KinesisClient({
    endpoint: kinesisUrl,
    region: "us-east-1",
    credentials: { accessKeyId: "any", secretAccessKey: "any" },
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  });
  const Data = Buffer.alloc(900_000, "x");
  const answer = client.send(new PutRecordCommand({ StreamName: "plays", PartitionKey: "k", Data }));
  const error = await answer.then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  client.destroy();
  const plays = Array.from({ length: 100 }, (_, i) => ({
    ...{ event_id: `none-${i}`, user_id: "nobody", ext: { long: "x".repeat(9000) } },
    ...{ track: { id: "none", artist: "none" }, started_at: Date.now() },
  }));
  const posted = await fetch(`${url}/plays`, { method: "POST", body: JSON.stringify(plays) });
  const { error: refusal } = (await posted.json()) as { error: { code: string } };
  return [`${error?.name}: ${error?.message}`, posted.status, refusal.code];
}

const errorsOf = ({ stderr }: DevProcess) => stderr.split("\n").filter((line) => line.includes(" error "));

test("a disk that is full refuses plays, says so in a line, and is gone on with once there is room", {
  timeout,
}, async () => {
  const dev = await bench.start([], disk?.launch);
  const producer = bench.produce(dev, seed);
  await producer.acknowledges(1000);

  // Full at once, for SQLite's commits before the stream, for the stream before SQLite, and in the middle of a frame.
  for (const leave of [0, 50_000, 400_000, 5_000]) {
    disk?.fill(leave);
    const isRefused = () => Promise.resolve(dev.stderr.includes("ENOSPC"));
    await until("a refusal", isRefused);
    const answers = await answersToTooMuch(dev);
    disk?.clear();
    await producer.acknowledges(500);

    expect(answers).toEqual([
      expect.stringMatching(/^ServiceUnavailable.*rejected \d+ bytes: ENOSPC: no space left on device/),
      503,
      "stream_unavailable",
    ]);
  }
  await producer.finish();

  await expectExactCounts(dev, producer);
  await bench.verify(disk?.launch);
  expect(dev.stderr).not.toMatch(/^\s+at /m);
  expect(errorsOf(dev).length).toBeLessThan(60);
  expect(await dev.end("SIGTERM")).toEqual({ code: 0, signal: null });
});

test.each(["SIGTERM", "SIGKILL"] as const)(
  "a process that ends on a full disk has lost nothing once there is room: %s",
  {
    timeout,
  },
  async (signal) => {
    const first = await bench.start([], disk?.launch);
    const producer = bench.produce(first, seed + 1);
    await producer.acknowledges(1000);
    disk?.fill(100_000);
    await until("a refusal", () => Promise.resolve(first.stderr.includes("ENOSPC")));

    const exit = await first.end(signal);
    const again = await bench.start([], disk?.launch).catch((error: Error) => error);
    disk?.clear();
    const second = again instanceof DevProcess ? again : await bench.start([], disk?.launch);
    producer.redirect(second);
    await producer.acknowledges(500);
    await producer.finish();

    expect(exit).toEqual(signal === "SIGTERM" ? { code: 0, signal: null } : { code: null, signal });
    if (again instanceof Error) {
      expect(again.message).toMatch(/^earworm dev ended with 1: error: .*(ENOSPC|disk is full).*\n$/);
      expect(again.message).toContain(join(bench.dir, "data"));
    }
    await expectExactCounts(second, producer);
    await bench.verify(disk?.launch);
  },
);
