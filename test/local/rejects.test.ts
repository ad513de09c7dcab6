import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { encodePlay } from "#src/wire/play-codec.ts";
import { aPlay } from "#test/support/builders.ts";
import { DevProcess, runEarworm } from "#test/support/earworm-process.ts";
import { until } from "#test/support/until.ts";

const dir = mkdtempSync(join(tmpdir(), "earworm-rejects-"));
const dataDir = join(dir, "data");
const play = { ...JSON.parse(encodePlay(aPlay())), started_at: Date.now() };
const multiLine = `{"user_id": "u",\n  "rating": 17}\n`;
const broken = Buffer.concat([gzipSync("x"), Buffer.from([0])]).subarray(0, 15);
const long = `{"user_id":"u","x":"${"y".repeat(25_000)}"}`;
/** What is put, in this order, and why it is no play. */
const poisons: readonly (readonly [raw: Buffer, reason: RegExp])[] = [
  [Buffer.from("no play"), /^record: not JSON/],
  [Buffer.from(multiLine), /^\w+(\.\w+)?: /],
  [broken, /^record: broken gzip/],
  [Buffer.from(JSON.stringify({ ...play, rating: 17 })), /^rating: /],
  [Buffer.from(long), /^record: expected at most/],
];

let dev: DevProcess;
let ids: readonly string[];

async function put(data: Buffer): Promise<void> {
  const answer = await fetch(dev.kinesisUrl, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "Kinesis_20131202.PutRecord" },
    body: JSON.stringify({ StreamName: "plays", PartitionKey: "p", Data: data.toString("base64") }),
  });
  expect(answer.status).toBe(200);
}

const rejects = (...args: string[]) => runEarworm(["rejects", ...args, "--data-dir", dataDir]);

beforeAll(async () => {
  dev = await DevProcess.start(["--data-dir", dataDir, "--tick", "50"]);
  for (const [raw] of poisons) await put(raw);
  await put(Buffer.from(JSON.stringify(play)));
  ids = await until("the rejects", async () => {
    const answer = await fetch(`${dev.url}/rejects`);
    const { rejects: found } = (await answer.json()) as { rejects: { id: string }[] };
    return found.length === poisons.length && found.map(({ id }) => id);
  });
  return async () => {
    await dev.end("SIGTERM");
    rmSync(dir, { recursive: true });
  };
});

test("list counts a day's reasons and has its rejects in order while earworm dev runs", async () => {
  const { code, stdout, stderr } = await rejects("list");

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^\d{4}-\d\d-\d\d: 5 rejects\n +1 {2}\S/);
  const rows = stdout.split("\n").filter((line) => line.includes("\t"));
  expect(rows.map((row) => row.split("\t")[0])).toEqual(ids);
  for (const [index, [, reason]] of poisons.entries()) expect(rows[index]?.split("\t")[2]).toMatch(reason);
});

test("list has fewer where it is told so", async () => {
  const some = await rejects("list", "--limit", "2");
  const byReason = await rejects("list", "--reason", "broken gzip");
  const none = await rejects("list", "--day", "2020-02-29");

  expect(some.stdout).toContain("there are more");
  expect(some.stdout).not.toContain(ids[2]);
  expect(byReason.stdout).toContain(ids[2]);
  expect(byReason.stdout).not.toContain(ids[0]);
  expect(none).toEqual({ code: 0, stdout: "", stderr: "no rejects on 2020-02-29\n" });
});

test("show has the reason and the raw record, and its bytes alone", async () => {
  for (const [index, [raw, reason]] of poisons.entries()) {
    const { code, stdout } = await rejects("show", ids[index] ?? "");

    expect(code).toBe(0);
    expect(/^reason {3}(.*)$/m.exec(stdout)?.[1]).toMatch(reason);
    expect(stdout).toContain(index === 2 ? raw.toString("base64") : raw.toString().trimEnd());
  }
  const { stdout } = await rejects("show", ids[4] ?? "", "--raw");
  expect(stdout).toBe(long);
});

test("export has a line for each that can be one, and a reason for all; the lines can be corrected and sent", async () => {
  const out = join(dir, "fix.ndjson");

  const { code, stdout } = await rejects("export", "--out", out);

  expect({ code, stdout }).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^4 rejects of .+\n1 is no line/),
  });
  const lines = readFileSync(out, "utf8").split("\n");
  expect(lines).toEqual([
    "no play",
    '{"user_id": "u",   "rating": 17}',
    poisons[3]?.[0].toString(),
    long,
    "",
  ]);
  const reasons = readFileSync(`${out}.reasons`, "utf8").trimEnd().split("\n");
  const parsed = reasons.map((line) => JSON.parse(line));
  expect(parsed.map(({ id, line }) => [id, line])).toEqual(
    ids.map((id, index) => [id, [1, 2, null, 3, 4][index]]),
  );
  expect(parsed[2].raw_base64).toBe(broken.toString("base64"));
  expect(statSync(out).mode & 0o777).toBe(0o600);

  const fixed = join(dir, "fixed.ndjson");
  writeFileSync(fixed, `${lines[2]?.replace('"rating":17', '"rating":5')}\n`);
  const sent = await runEarworm(["send", fixed, "--to", dev.kinesisUrl]);
  expect(sent.code, sent.stderr).toBe(0);
});

test("export of nothing makes no file", async () => {
  const out = join(dir, "nothing.ndjson");

  const ended = await rejects("export", "--day", "2020-02-29", "--out", out);

  expect(ended).toEqual({ code: 0, stdout: "", stderr: "no rejects on 2020-02-29: no file is made\n" });
  expect([out, `${out}.reasons`].filter((path) => existsSync(path))).toEqual([]);
});

describe("what cannot be done is one line and an exit code", () => {
  test.each<[string, () => string[], number, RegExp]>([
    ["a day that is none", () => ["list", "--day", "2026-02-30"], 2, /Expected a date/],
    ["an id that is none", () => ["show", "x"], 2, /Expected an id/],
    ["an id that nothing has", () => ["show", "000000000-000000000000-00000"], 1, /there is no reject/],
    ["no file", () => ["export"], 2, /--out/],
    [
      "a file in a directory that is none",
      () => ["export", "--out", join(dir, "no", "x")],
      1,
      /cannot write .+ENOENT/,
    ],
    ["a stage and a directory", () => ["list", "--stage", "dev"], 2, /cannot be used with/],
  ])("%s", async (_, args, code, message) => {
    const ended = await rejects(...args());

    expect(ended.code).toBe(code);
    expect(ended.stderr).toMatch(/^error: [^\n]+\n$/);
    expect(ended.stderr).toMatch(message);
  });

  test("a file that is there stays as it is", async () => {
    const out = join(dir, "corrected.ndjson");
    writeFileSync(out, "hours of work");
    mkdirSync(join(dir, "a-directory"));

    const there = await rejects("export", "--out", out);
    const directory = await rejects("export", "--out", join(dir, "a-directory"));

    const reasons = await rejects("export", "--out", join(dir, "new.ndjson"), "--reasons", out);

    expect([there.code, directory.code, reasons.code]).toEqual([1, 1, 1]);
    expect(existsSync(join(dir, "new.ndjson"))).toBe(false);
    expect(there.stderr).toMatch(/corrected\.ndjson exists already; name a new file\n$/);
    expect(readFileSync(out, "utf8")).toBe("hours of work");
  });

  test("a directory without data", async () => {
    const { code, stderr } = await runEarworm(["rejects", "list", "--data-dir", join(dir, "nowhere")]);

    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .+ is no data directory: .+\n$/);
  });
});
