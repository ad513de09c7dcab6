import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { csvColumns } from "#src/wire/csv-dialect.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { aPlay } from "#test/support/builders.ts";
import { aDirectory, aFile } from "./files.ts";

const executable = new URL("../../../bin/earworm.mjs", import.meta.url).pathname;

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function earworm(args: readonly string[], input = ""): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [executable, ...args]);
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() });
    });
    child.stdin.on("error", () => undefined); // it may end before it has read
    child.stdin.end(input);
  });
}

/** A Kinesis that takes everything; its base URL, and the records it got. */
async function aKinesis(): Promise<{ url: string; records: Buffer[] }> {
  const records: Buffer[] = [];
  const server = createServer(async (request, response) => {
    const { Records } = JSON.parse(Buffer.concat(await request.toArray()).toString()) as {
      Records: { Data: string }[];
    };
    for (const { Data } of Records) records.push(Buffer.from(Data, "base64"));
    const answers = Records.map((_, i) => ({ SequenceNumber: String(i), ShardId: "shardId-000000000000" }));
    response.setHeader("content-type", "application/x-amz-json-1.1");
    response.end(JSON.stringify({ FailedRecordCount: 0, Records: answers }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, records };
}

const linesOf = (text: string): readonly string[] => text.split("\n").filter((line) => line !== "");

describe("wrong usage is exit code 2 and one line", () => {
  test.each([
    ["an unknown command", ["foo"]],
    ["an unknown option", ["simulate", "--plays", "1", "--ply"]],
    ["no plays", ["simulate"]],
    ["plays that are no number", ["simulate", "--plays", "many"]],
    ["no play", ["simulate", "--plays", "0"]],
    ["a rate of nothing", ["simulate", "--plays", "1", "--rate", "0"]],
    ["a name without format", ["simulate", "--plays", "1", "--out", "plays.txt"]],
    ["two ways out", ["simulate", "--plays", "1", "--out", "a.csv", "--to", "http://127.0.0.1:1"]],
    ["no file", ["send"]],
    ["two files", ["send", "a", "b"]],
    ["an endpoint that is no URL", ["send", "a", "--to", "here"]],
    ["a directory and a stage", ["trace", "a", "--stage", "dev", "--data-dir", "d"]],
    ["a time without a unit", ["trace", "a", "--within", "60"]],
    ["an event id with a space", ["trace", "a b"]],
    ["no archive, and for how long to keep it", ["dev", "--no-archive", "--archive-days", "3"]],
    ["times that are the wrong way round", ["verify", "--from", "2026-11-21", "--to", "2026-11-20"]],
    ["nobody to forget", ["forget", "--yes"]],
    ["a list that there is none of", ["top", "genres"]],
    ["a window that there is none of", ["top", "--window", "decade"]],
    ["a WebSocket that is none", ["top", "--url", "http://127.0.0.1:8080"]],
    ["a chart of nothing", ["top", "--limit", "0"]],
  ])("%s", async (_, args) => {
    const { code, out, err } = await earworm(args);

    expect({ code, out, lines: linesOf(err) }).toEqual({
      code: 2,
      out: "",
      lines: [expect.stringMatching(/^error: /)],
    });
  });

  test("no command at all shows the help", async () => {
    expect(await earworm([])).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining("Usage: earworm"),
    });
  });
});

describe("help is exit code 0, with examples", () => {
  test.each([
    [[]],
    [["simulate"]],
    [["send"]],
    [["import"]],
    [["replay"]],
    [["rejects"]],
    [["trace"]],
    [["verify"]],
    [["forget"]],
  ])("of %j", async (command) => {
    const { code, out, err } = await earworm([...command, "--help"]);

    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("Examples:\n");
  });
});

test("the version is the package's", async () => {
  const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));

  expect(await earworm(["--version"])).toEqual({ code: 0, out: `${version}\n`, err: "" });
});

test("the executable is one", () => {
  expect(statSync(executable).mode & 0o111).not.toBe(0);
});

describe("simulate", () => {
  const seeded = ["simulate", "--plays", "200", "--seed", "5", "--from", "2026-11-20T18:00Z"];

  test("writes the same plays for the same seed, to a file or to standard output", async () => {
    const path = join(aDirectory(), "plays.ndjson.gz");

    const [toStdout, toFile] = await Promise.all([earworm(seeded), earworm([...seeded, "--out", path])]);

    expect(toStdout).toMatchObject({ code: 0, err: "" });
    expect(linesOf(toStdout.out)).toHaveLength(200);
    expect(toFile).toEqual({ code: 0, out: "", err: `200 plays to ${path}\n` });
    expect(gunzipSync(readFileSync(path)).toString()).toBe(toStdout.out);
  });

  test("writes the CSV dialect", async () => {
    const path = join(aDirectory(), "plays.csv");

    await earworm([...seeded, "--out", path]);

    const lines = linesOf(readFileSync(path, "utf8"));
    expect(lines).toHaveLength(201);
    expect(lines[0]).toBe(csvColumns.join(","));
    expect(lines[1]).toMatch(/^user-\d+,trk-\d+,[^,]+,[\d.]+,2026-11-20T18:00:00\.000Z$/);
  });

  test("fails in one line where it cannot write", async () => {
    const { code, err } = await earworm([...seeded, "--out", "/no/such/directory/plays.csv"]);

    expect(code).toBe(1);
    expect(linesOf(err)).toEqual([expect.stringContaining("cannot write /no/such/directory/plays.csv")]);
  });

  test("ends quietly when nobody reads on", async () => {
    const child = spawn(process.execPath, [executable, "simulate", "--plays", "1000000"]);
    const err: Buffer[] = [];
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.stdout.once("data", () => child.stdout.destroy());

    const code = await new Promise((resolve) => {
      child.once("close", resolve);
    });

    expect({ code, err: Buffer.concat(err).toString() }).toEqual({ code: 0, err: "" });
  });

  test("sends to a stream, at a rate", async () => {
    const { url, records } = await aKinesis();

    const { code } = await earworm(["simulate", "--plays", "30", "--rate", "100", "--to", url]);

    expect(code).toBe(0);
    expect(records.flatMap((record) => linesOf(gunzipSync(record).toString()))).toHaveLength(30);
  });
});

describe("send", () => {
  test("sends every play of a file, and lists what it rejects", async () => {
    const { url, records } = await aKinesis();
    const plays = Array.from({ length: 500 }, (_, i) => aPlay({ userId: `user-${i % 7}` }));
    const path = aFile("plays.ndjson", [...plays.map(encodePlay), ...Array(12).fill("{}")].join("\n"));

    const { code, out, err } = await earworm(["send", path, "--to", url]);

    expect({ code, out }).toEqual({ code: 0, out: "sent 500 plays, rejected 12 lines\n" });
    expect(linesOf(err)).toHaveLength(11);
    expect(linesOf(err)[0]).toContain(`${path}:501: user_id: expected 1 to 128 characters`);
    expect(linesOf(err).at(-1)).toBe("and 2 more");
    const sent = records.flatMap((record) => linesOf(gunzipSync(record).toString()));
    expect(sent.toSorted()).toEqual(plays.map(encodePlay).toSorted());
  });

  test("reads standard input", async () => {
    const { url, records } = await aKinesis();

    const { code, out } = await earworm(["send", "-", "--to", url], `${encodePlay(aPlay())}\n`);

    expect({ code, out }).toEqual({ code: 0, out: "sent 1 play, rejected 0 lines\n" });
    expect(records).toHaveLength(1);
  });

  test("fails where the file breaks off, after what comes before that", async () => {
    const { url, records } = await aKinesis();
    const lines = Array.from({ length: 5000 }, (_, i) => encodePlay(aPlay({ userId: `user-${i}` })));
    const path = aFile("plays.ndjson.gz", gzipSync(lines.join("\n")).subarray(0, -2000));

    const { code, out, err } = await earworm(["send", path, "--to", url]);

    const sent = records.flatMap((record) => linesOf(gunzipSync(record).toString())).length;
    expect(sent).toBeGreaterThan(0);
    expect({ code, out }).toEqual({
      code: 1,
      out: `sent ${sent.toLocaleString("en-US")} plays, rejected 1 line\n`,
    });
    expect(linesOf(err).at(-1)).toMatch(/^error: \S+ is not all there \(broken gzip: [^)]+\): only what/);
  });

  test("does not keep what a slow pipe has written", async () => {
    const { url, records } = await aKinesis();
    const child = spawn(process.execPath, [executable, "send", "-", "--to", url]);

    child.stdin.write(`${encodePlay(aPlay())}\n`);
    await expect.poll(() => records.length, { timeout: 10_000 }).toBe(1);

    child.stdin.end();
    await once(child, "close");
  });

  test("does not wait for a pipe once it has failed", async () => {
    const child = spawn(process.execPath, [executable, "send", "-", "--to", "http://127.0.0.1:1"]);
    child.stdin.on("error", () => undefined);

    child.stdin.write(`${encodePlay(aPlay())}\n`);

    expect((await once(child, "close"))[0]).toBe(1);
  });

  test("fails where there is no play, no file or no stream", async () => {
    const { url } = await aKinesis();
    const nothing = aFile("plays.ndjson", "{}\n");
    const good = aFile("plays.ndjson", encodePlay(aPlay()));

    const [noPlay, noFile, noStream] = await Promise.all([
      earworm(["send", nothing, "--to", url]),
      earworm(["send", "/no/such/file", "--to", url]),
      earworm(["send", good, "--to", "http://127.0.0.1:1"]),
    ]);

    expect(noPlay).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining(`error: no play in ${nothing}`),
    });
    expect(noFile).toEqual({ code: 1, out: "", err: "error: no such file: /no/such/file\n" });
    expect(noStream).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringMatching(/ECONNREFUSED.: is earworm dev running\?/),
    });
    expect(linesOf(noStream.err)).toHaveLength(1);
  });
});

test("a token that is typed in the wrong place is not repeated", async () => {
  const token = `ew_${"A".repeat(43)}`;

  for (const args of [
    ["token", token],
    ["token", "list", token],
    ["token", "revoke", `--${token}`],
  ]) {
    const { code, err } = await earworm(args);
    expect(code).toBe(2);
    expect(err).toContain("ew_...");
    expect(err).not.toContain(token);
  }
});
