import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { Engine } from "#local/engine.ts";
import { openStores } from "#local/stores.ts";
import { MemoryLogger } from "#src/adapters/memory/memory-logger.ts";
import type { FileHash } from "#src/domain/file-import.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { DevProcess, type Ended, runEarworm } from "#test/support/earworm-process.ts";
import { until } from "#test/support/until.ts";

const dir = mkdtempSync(join(tmpdir(), "earworm-import-"));
const dataDir = join(dir, "data");
const day = 86_400_000;

let dev: DevProcess;
let made = 0;

function line(id: string | undefined, fields: object = {}): string {
  const track = { id: "S1", artist: "Coldplay" };
  return JSON.stringify({ event_id: id, user_id: "ann", track, started_at: Date.now() - 4 * day, ...fields });
}

function aFile(name: string, content: string | Buffer): string {
  made += 1;
  const folder = join(dir, `files-${made}`);
  mkdirSync(folder);
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const earworm = (...args: string[]): Promise<Ended> =>
  runEarworm([...args, "--data-dir", dataDir, "--to", dev.kinesisUrl]);

async function put(data: string): Promise<void> {
  const answer = await fetch(dev.kinesisUrl, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "Kinesis_20131202.PutRecord" },
    body: JSON.stringify({
      StreamName: "plays",
      PartitionKey: "p",
      Data: Buffer.from(data).toString("base64"),
    }),
  });
  expect(answer.status).toBe(200);
}

/** What `GET /stats` counts, once all that was sent is in it. */
async function counted(plays: number): Promise<void> {
  const stats = async () => (await (await fetch(`${dev.url}/stats`)).json()) as { plays: number };
  await until(`${plays} plays`, async () => (await stats()).plays >= plays);
  expect((await stats()).plays).toBe(plays);
}

/** Plays `old-0` to `old-9`, which counted three days ago. */
async function liveThreeDaysAgo(): Promise<void> {
  const engine = Engine.open({
    ...{ dataDir, shards: 1, tickMs: 10, fsync: false, archive: true },
    arrivalClock: () => Date.now() - 3 * day,
    logger: new MemoryLogger(),
    broadcast: () => Promise.resolve({}),
  });
  await engine.start();
  const lines = Array.from({ length: 10 }, (_, i) => `${line(`old-${i}`)}\n`);
  await engine.plays.put([{ partitionKey: "b000", data: gzipSync(lines.join("")) }]);
  await engine.settle();
  await engine.close();
}

let plays = 10;

beforeAll(async () => {
  await liveThreeDaysAgo();
  dev = await DevProcess.start(["--data-dir", dataDir, "--tick", "50"]);
  return async () => {
    await dev.end("SIGTERM");
    rmSync(dir, { recursive: true });
  };
});

describe("earworm import", () => {
  test("counts what never counted, leaves out what did, and lists lines that are no plays", async () => {
    const content = [line("new-1"), line("old-3"), "half a li", line("new-2"), line("new-3", { rating: 17 })];
    const file = aFile("history.ndjson", content.join("\n"));

    const { code, stdout, stderr } = await earworm("import", file);

    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: "sent 2 plays, left out 1 that counts already, rejected 2 lines\n",
    });
    expect(stderr.split("\n").map((text) => text.replace(/(: \w+: ).*/, "$1"))).toEqual([
      `${file}:3: record: `,
      `${file}:5: rating: `,
      "",
    ]);
    plays += 2;
    await counted(plays);
  });

  test("refuses a file that was imported, also by another name and compressed, and says when and with what", async () => {
    const content = [line("twice-1"), line("twice-2"), line("old-1")].join("\n");
    await earworm("import", aFile("first.ndjson", content));
    plays += 2;
    await counted(plays);

    const again = await earworm("import", aFile("second.ndjson.gz", gzipSync(content)));

    expect(again).toMatchObject({ code: 1, stdout: "" });
    expect(again.stderr).toMatch(
      /^error: \S+second\.ndjson\.gz was imported at \d{4}-\S+Z as "first\.ndjson": sent 2 plays, left out 1 that counts already, rejected 0 lines\n$/,
    );
    await counted(plays);
  });

  test("takes up an import that did not end", async () => {
    const content = [line("half-1"), line("half-2"), line("half-3")].join("\n");
    const file = aFile("half.ndjson", content);
    await earworm("import", aFile("part.ndjson", [line("half-1"), line("half-2")].join("\n")));
    const stores = openStores(dataDir, {});
    const sha256 = createHash("sha256").update(content).digest("hex") as FileHash;
    await stores.imports.begin({ sha256, name: "half.ndjson", startedAt: 1_790_000_000_000 as EpochMs });
    stores.close();

    const ended = await earworm("import", file);

    expect(ended).toEqual({
      code: 0,
      stdout: "sent 1 play, left out 2 that count already, rejected 0 lines\n",
      stderr: "going on with the import of 2026-09-21T14:13:20.000Z, which did not end\n",
    });
    expect((await earworm("import", file)).stderr).toContain("was imported at");
    plays += 3;
    await counted(plays);
  });

  test("counts equal rows of a CSV file without ids each, and once", async () => {
    const row = "bob,S2,Queen,210,2025-11-05T08:30:00";
    const file = aFile("rows.csv", `user_id,song_id,artist,duration,timestamp\n${row}\n${row}\n`);

    const { stdout } = await earworm("import", file);
    plays += 2;
    await counted(plays);
    const longer = await earworm("import", aFile("longer.csv", `${readFileSync(file, "utf8")}${row}\n`));

    expect(stdout).toMatch(/^sent 2 plays, left out 0 /);
    expect(longer.stdout).toMatch(/^sent 1 play, left out 2 /);
    plays += 1;
    await counted(plays);
  });

  test("takes in what comes before a break, fails, and takes the same file or the mended one after it", async () => {
    const lines = Array.from({ length: 3000 }, (_, i) => line(`broken-${i}`, { user_id: `u-${i * 7919}` }));
    const whole = gzipSync(lines.join("\n"));
    const file = aFile("broken.ndjson.gz", whole.subarray(0, -1000));

    const first = await earworm("import", file);
    const sent = Number(/^sent ([\d,]+) plays/.exec(first.stdout)?.[1]?.replace(",", ""));
    const again = await earworm("import", file);
    const mended = await earworm("import", aFile("broken.ndjson.gz", whole));

    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(3000);
    expect([first.code, again.code, mended.code]).toEqual([1, 1, 0]);
    expect(first.stderr).toMatch(/:\d+: record: broken gzip: [^\n]+\nerror: \S+ is not all there [^\n]+\n$/);
    expect(again.stderr).toMatch(/^going on with the import of /);
    expect(again.stdout).toMatch(/^sent 0 plays, /);
    expect(mended.stdout).toBe(
      `sent ${(3000 - sent).toLocaleString("en-US")} plays, left out ${sent.toLocaleString("en-US")} that count already, rejected 0 lines\n`,
    );
    plays += 3000;
    await counted(plays);
  });

  describe("what cannot be imported is one line:", () => {
    test.each<[string, () => string[], number, RegExp]>([
      ["standard input", () => ["-"], 2, /standard input cannot be read twice/],
      ["no file", () => [join(dir, "none.csv")], 1, /no such file: .+none\.csv/],
      ["a directory", () => [dir], 1, /is a directory/],
      ["an empty file", () => [aFile("x.csv", "")], 1, /x\.csv is empty/],
      ["no text", () => [aFile("x.csv", Buffer.alloc(100))], 1, /x\.csv is no text/],
      ["another header", () => [aFile("x.csv", "a,b\n1,2\n")], 1, /x\.csv, line 1/],
    ])("%s", async (_, args, code, message) => {
      const ended = await earworm("import", ...args());

      expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code, stdout: "" });
      expect(ended.stderr).toMatch(/^error: [^\n]+\n$/);
      expect(ended.stderr).toMatch(message);
    });

    test.skipIf(process.getuid?.() === 0)("a file that may not be read", async () => {
      const file = aFile("secret.csv", "x");
      chmodSync(file, 0);

      expect((await earworm("import", file)).stderr).toBe(`error: no permission to read ${file}\n`);
    });

    test("what is no file, such as a device or a pipe", async () => {
      const { code, stderr } = await earworm("import", "/dev/null");

      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: "error: /dev/null is no file that can be read twice: save it as one first\n",
      });
    });

    test.each<[string, () => string, RegExp]>([
      ["no line is a play", () => aFile("x.ndjson", "{}\n"), /no play in .+x\.ndjson, 1 line rejected/],
      ["another schema", () => aFile("x.ndjson", line("s", { schema: "play.v2" })), /no play in/],
      ["wrong gzip", () => aFile("x.ndjson.gz", gzipSync(line("g").repeat(9)).subarray(0, 30)), /no play in/],
    ])("with its reasons before it: %s", async (_, file, message) => {
      const { code, stdout, stderr } = await earworm("import", file());

      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(/^\S+:1: (record|user_id|schema): [^\n]+\nerror: [^\n]+\n$/);
      expect(stderr).toMatch(message);
    });

    test("no data directory, nobody there, or another's stream", async () => {
      const file = aFile("x.ndjson", line("x"));
      const other = await DevProcess.start(["--data-dir", join(dir, "other")]);
      const to = (url: string, ...options: string[]) => runEarworm(["import", file, "--to", url, ...options]);

      const noFile = await runEarworm([
        "import",
        "/no/such/file",
        "--to",
        "http://127.0.0.1:1",
        "--data-dir",
        dataDir,
      ]);
      const noDir = await to(dev.kinesisUrl, "--data-dir", join(dir, "nowhere"));
      const nobody = await to("http://127.0.0.1:1", "--data-dir", dataDir);
      const others = await to(other.kinesisUrl, "--data-dir", dataDir);
      const both = await to(dev.kinesisUrl, "--stage", "prod");
      await other.end("SIGTERM");

      expect([noDir, nobody, others, both].map(({ code }) => code)).toEqual([1, 1, 1, 2]);
      expect(noFile).toMatchObject({ code: 1, stderr: "error: no such file: /no/such/file\n" });
      expect(noDir.stderr).toMatch(/^error: \S+nowhere is no data directory: [^\n]+\n$/);
      expect(nobody.stderr).toBe(
        "error: cannot reach Kinesis at http://127.0.0.1:1 (ECONNREFUSED): is earworm dev running? --to names its address\n",
      );
      expect(others.stderr).toMatch(/^error: the stream at \S+ is not that of \S+: [^\n]+\n$/);
      await counted(plays);
    });
  });
});

describe("earworm rejects replay", () => {
  const correct = (text: string): string => text.replaceAll('"rating":17', '"rating":5');

  test("counts corrected lines once, however often, and names those that are still wrong", async () => {
    const anonymous = line(undefined, { started_at: 1_790_000_000_000, rating: 17 });
    for (const record of [line("fix-1", { rating: 17 }), line("old-2", { rating: 17 }), "no play"])
      await put(record);
    for (const record of [anonymous, anonymous]) await put(record); // a producer's retry
    const out = join(dir, "fix.txt");
    await until("five lines", async () => {
      rmSync(out, { force: true });
      rmSync(`${out}.reasons`, { force: true });
      const { stdout } = await runEarworm(["rejects", "export", "--out", out, "--data-dir", dataDir]);
      return stdout.startsWith("5 rejects");
    });
    writeFileSync(out, correct(readFileSync(out, "utf8")));

    const first = await earworm("rejects", "replay", out);
    plays += 2;
    await counted(plays);
    const second = await earworm("rejects", "replay", out);

    expect({ code: first.code, stdout: first.stdout }).toEqual({
      code: 0,
      stdout: "sent 3 plays, left out 1 that counts already, rejected 1 line\n",
    });
    expect(first.stderr).toMatch(/^\S+fix\.txt:3: record: not JSON: [^\n]+\n$/);
    expect(second).toMatchObject({
      code: 0,
      stdout: "sent 0 plays, left out 4 that count already, rejected 1 line\n",
    });
    await counted(plays);
  });

  test("what cannot be sent is one line", async () => {
    const stdin = await earworm("rejects", "replay", "-");
    const none = await earworm("rejects", "replay", join(dir, "none"));

    expect([stdin.code, none.code]).toEqual([2, 1]);
    expect(none.stderr).toBe(`error: no such file: ${join(dir, "none")}\n`);
  });
});
