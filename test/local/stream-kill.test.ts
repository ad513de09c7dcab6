import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, expect, test } from "vitest";
import { LocalStream, TRIM_HORIZON } from "#local/stream/play-stream.ts";

const ALL = { maxRecords: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };
const root = mkdtempSync(join(tmpdir(), "earworm-kill-"));
const moduleUrl = new URL("../../local/stream/play-stream.ts", import.meta.url).href;

/** Puts forever and prints each acknowledged sequence number with what it holds. */
const WRITER = `
  import { writeSync } from "node:fs";
  const { LocalStream } = await import(${JSON.stringify(moduleUrl)});
  const [dir, run] = process.argv.slice(1);
  const stream = LocalStream.open({
    dir, name: "plays", shardCount: 2, retentionMs: 0, fsync: false, now: Date.now, maxFileBytes: 2_000_000,
  });
  for (let i = 0; ; i += 1) {
    const records = Array.from({ length: 1 + (i % 50) }, (_, j) => ({
      partitionKey: "u" + ((i + j) % 9),
      data: Buffer.from([run, i, j].join("/").padEnd(20 + ((i * 37) % 2_000))),
    }));
    const results = stream.put(records);
    writeSync(1, results.map((r, j) => [r.shardId, r.sequenceNumber, run, i, j].join(" ") + "\\n").join(""));
  }
`;

function startWriter(dir: string, run: number): ChildProcess {
  const args = ["--input-type=module", "--eval", WRITER, dir, String(run)];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
}

/** Kills the writer after it acknowledged so much, and returns all it acknowledged. */
async function killAfter(writer: ChildProcess, bytes: number): Promise<string[]> {
  if (writer.stdout === null || writer.stderr === null) throw new Error("writer has no pipes");
  const errors = text(writer.stderr);
  const ended = once(writer, "close");
  let output = "";
  writer.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
    if (output.length > bytes) writer.kill("SIGKILL");
  });
  await ended;
  expect(await errors).toBe("");
  expect(writer.signalCode).toBe("SIGKILL");
  return output.split("\n").slice(0, -1);
}

afterAll(() => rmSync(root, { recursive: true }));

test("a process killed in the middle of puts loses nothing it acknowledged", {
  timeout: 60_000,
}, async () => {
  const dir = mkdtempSync(join(root, "t-"));
  const acknowledged: string[] = [];

  for (const [run, bytes] of [1_000, 60_000, 250_000, 400_000].entries()) {
    acknowledged.push(...(await killAfter(startWriter(dir, run), bytes)));
  }

  const options = { dir, name: "plays", shardCount: 2, retentionMs: 0, fsync: false, now: Date.now };
  const stream = LocalStream.open(options);
  const kept = new Set<string>();
  for (const shardId of stream.shardIds) {
    const records = stream.read(shardId, TRIM_HORIZON, ALL);
    const numbers = records.map(({ sequenceNumber }) => sequenceNumber);
    expect(numbers).toEqual([...new Set(numbers)].sort());
    for (const { sequenceNumber, data } of records) {
      const [run, i, j] = Buffer.from(data).toString().trim().split("/");
      kept.add([shardId, sequenceNumber, run, i, j].join(" "));
    }
  }
  expect(acknowledged.length).toBeGreaterThan(5_000);
  expect(acknowledged.filter((line) => !kept.has(line))).toEqual([]);
});

/** Puts 3 records, then more than fits into 64 blocks, then one that fits, and is killed. Prints what was refused. */
const FILLER = `
  import { writeSync } from "node:fs";
  const { LocalStream } = await import(${JSON.stringify(moduleUrl)});
  const stream = LocalStream.open({
    dir: process.argv[1], name: "plays", shardCount: 1, retentionMs: 0, fsync: false, now: Date.now,
  });
  const records = (count, text) => Array.from({ length: count }, () => ({ partitionKey: "u", data: Buffer.from(text) }));
  stream.put(records(3, "first"));
  try {
    stream.put(records(200, "refused".padEnd(1000)));
  } catch (error) {
    writeSync(1, error.name + ": " + error.message);
  }
  stream.put(records(1, "last"));
  process.kill(process.pid, "SIGKILL");
`;

test("a put that does not fit is refused as a whole, and leaves nothing behind that a later one or a crash brings up", async () => {
  const dir = mkdtempSync(join(root, "t-"));
  const script = 'ulimit -f 64 && exec "$@"';
  const node = [process.execPath, "--input-type=module", "--eval", FILLER, dir];
  const child = spawn("sh", ["-c", script, "sh", ...node], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close");
  const output = await text(child.stdout);
  await ended;

  const options = { dir, name: "plays", shardCount: 1, retentionMs: 0, fsync: false, now: Date.now };
  const stream = LocalStream.open(options);
  const [shardId = ""] = stream.shardIds;
  const kept = stream.read(shardId, TRIM_HORIZON, ALL).map(({ data }) => Buffer.from(data).toString());
  stream.close();

  expect(output).toMatch(/^StreamWriteError: stream file .*\.log rejected \d+ bytes: EFBIG: file too large/);
  expect(kept).toEqual(["first", "first", "first", "last"]);
  expect(stream.recoveries).toEqual([]);
});
