import { chmodSync, statSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readPlayFile } from "#cli/play-file.ts";
import type { PlayFileEntry } from "#cli/play-file-decoder.ts";
import type { Play } from "#src/domain/play.ts";
import { csvColumns, encodeCsvRow } from "#src/wire/csv-dialect.ts";
import { formatIsoTime } from "#src/wire/iso-time.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { aPlay, someTime } from "#test/support/builders.ts";
import { anyPlay } from "#test/unit/wire/wire-plays.ts";
import { aDirectory, aFile, playsIn, read, rejectsIn } from "./files.ts";

const header = csvColumns.join(",");
const row = "U1,S1,Coldplay,210,2025-11-05T08:30:00";
const csv = (...lines: string[]): string => [header, ...lines].join("\n");
const fixture = new URL("../../fixtures/stream_data.csv", import.meta.url).pathname;

test("the sample of the CSV dialect is six plays", async () => {
  const entries = await read(fixture);

  expect(entries.map((entry) => entry.line)).toEqual([2, 3, 4, 5, 6, 7]);
  expect(playsIn(entries).map(({ userId, track }) => `${userId} ${track.artist} - ${track.id}`)).toEqual([
    "U001 Coldplay - S001",
    "U002 Taylor Swift - S004",
    "U001 Coldplay - S001",
    "U003 Drake - S010",
    "U004 Imagine Dragons - S002",
    "U002 Drake - S010",
  ]);
  expect(new Set(playsIn(entries).map((play) => play.eventId)).size).toBe(6);
});

describe("plays come back", () => {
  const layouts: Record<string, (plays: readonly Play[]) => string> = {
    "p.ndjson": (plays) => plays.map((play) => `${encodePlay(play)}\r\n`).join("\n"),
    "p.json": (plays) => `[${plays.map(encodePlay).join(",\n")}]`,
    pretty: (plays) =>
      JSON.stringify(
        plays.map((play) => JSON.parse(encodePlay(play))),
        null,
        2,
      ),
    "several.json": (plays) =>
      plays.map((play) => JSON.stringify(JSON.parse(encodePlay(play)), null, 1)).join("\n"),
    unnamed: (plays) => `\ufeff${plays.map(encodePlay).join("\n")}`,
  };
  test.each(Object.keys(layouts))("from JSON as %s, gzip or not", async (name) => {
    const plays = fc.sample(anyPlay, { numRuns: 50, seed: 7 });
    const text = layouts[name]?.(plays) ?? "";

    expect(await read(aFile(name, text))).toEqual(await read(aFile(`${name}.gz`, gzipSync(text))));
    expect(playsIn(await read(aFile(name, text)))).toEqual(plays);
  });

  test("from CSV, gzip or not", async () => {
    const plays = fc.sample(anyPlay, { numRuns: 200, seed: 8 }).map(({ userId, track, startedAt }) =>
      aPlay({
        userId,
        startedAt,
        track: { id: track.id, artist: track.artist, durationMs: track.durationMs ?? 1 },
      }),
    );
    const text = csv(...plays.map((play) => encodeCsvRow(play, formatIsoTime(play.startedAt))));
    const comparable = (found: readonly Play[]) => found.map((play) => ({ ...play, eventId: "" }));

    const entries = await read(aFile("p.csv", text));

    expect(rejectsIn(entries)).toEqual([]);
    expect(comparable(playsIn(entries))).toEqual(comparable(plays));
    expect(await read(aFile("p", gzipSync(text)))).toEqual(entries);
  });
});

test("plays of many chunks come back in order, from CSV and from JSON", async () => {
  const plays = Array.from({ length: 20_000 }, (_, i) =>
    aPlay({ userId: `user-${i}`, track: { durationMs: i + 1 } }),
  );
  const rows = plays.map((play) => encodeCsvRow(play, formatIsoTime(play.startedAt)));

  const fromCsv = await read(aFile("p.csv.gz", gzipSync(csv(...rows))));
  const fromJson = await read(
    aFile("p.json", JSON.stringify(plays.map((play) => JSON.parse(encodePlay(play))))),
  );

  expect(fromCsv.map((entry) => entry.line)).toEqual(plays.map((_, i) => i + 2));
  expect(playsIn(fromCsv).map((play) => play.userId)).toEqual(plays.map((play) => play.userId));
  expect(playsIn(fromJson)).toEqual(plays);
});

test("equal rows are plays of their own, and stay the same when the file is read again", async () => {
  const path = aFile("p.csv", csv(row, "U2,S1,Coldplay,210,2025-11-05T08:30:00", row, row));

  const ids = playsIn(await read(path)).map((play) => play.eventId);

  expect(new Set(ids).size).toBe(4);
  expect(playsIn(await read(path)).map((play) => play.eventId)).toEqual(ids);
  expect(playsIn(await read(aFile("q.csv", csv(row)))).map((play) => play.eventId)).toEqual(ids.slice(0, 1));
});

test("a byte order mark, CRLF, blank lines and a missing last line end are fine", async () => {
  expect(await read(aFile("p.csv", `\ufeff\r\n${header}\r\n\r\n${row}\r\n \r\n${row}`))).toMatchObject([
    { line: 4, play: {} },
    { line: 6, play: {} },
  ]);
});

test("bad rows are rejects with their line, and the others are plays", async () => {
  const bytes = Buffer.concat([
    Buffer.from(`${csv(row, "U1,S1,Coldplay,210", 'U1,S1,"Cold,210,2025-11-05T08:30:00', row)}\nU1,`),
    Buffer.from([0xff]),
    Buffer.from(`,x,1,2025\n${row}\nU1,S1,A,x,2025-11-05\n`),
  ]);

  const entries = await read(aFile("p.csv", bytes));

  expect(rejectsIn(entries)).toEqual(["3 record", "4 record", "6 record", "8 duration"]);
  expect(playsIn(entries)).toHaveLength(3);
});

test("bad lines of NDJSON are rejects with their line, and the others are plays", async () => {
  const long = `{"a":"${"x".repeat(3_000_000)}"}`;
  const lines = [
    encodePlay(aPlay()),
    "{",
    long,
    "[]",
    encodePlay(aPlay({ userId: "" })),
    "",
    encodePlay(aPlay()),
  ];

  const entries = await read(aFile("p.ndjson", lines.join("\n")));

  expect(rejectsIn(entries)).toEqual(["2 record", "3 record", "4 record", "5 user_id"]);
  expect(playsIn(entries)).toHaveLength(2);
});

test("stream events are known by their fields, beside play.v1", async () => {
  const event = { user_id: "u", email: "a@b.org", track_id: "t", artist: "A", timestamp: 1_762_331_400 };

  const entries = await read(aFile("p.ndjson", `${JSON.stringify(event)}\n${encodePlay(aPlay())}\n`));

  expect(playsIn(entries)).toMatchObject([{ startedAt: 1_762_331_400_000 }, { startedAt: someTime }]);
});

test.each([40_000, -5])(
  "of a gzip cut at %i what could be read counts, and the end is a reject",
  async (end) => {
    const rows = Array.from(
      { length: 10_000 },
      (_, i) => `U${(i * 7919) % 9973},S${i},A,210,2025-11-05T08:30:00`,
    );
    const cut = gzipSync(csv(...rows)).subarray(0, end);

    const entries = await read(aFile("p.csv.gz", cut));

    const last = entries.at(-1);
    expect(playsIn(entries).length).toBe(entries.length - 1);
    expect(entries.length).toBeGreaterThan(5000);
    expect(last).toMatchObject({
      line: entries.length + 1,
      rejection: { reason: "broken gzip: unexpected end of file" },
    });
  },
);

test("a gzip with a broken middle does not hang, and is a reject", async () => {
  const packed = gzipSync(
    csv(...Array.from({ length: 50_000 }, (_, i) => `U${(i * 7919) % 9973},S${i},A,1,2025-11-05`)),
  );
  packed.fill(0xff, 100_000, 100_100);

  const last = (await read(aFile("p.csv", packed))).at(-1);

  expect(last).toMatchObject({ rejection: { reason: expect.stringContaining("broken gzip") } });
});

describe("what is no file of plays is one line of error", () => {
  const errorOf = (path: string): Promise<string> =>
    read(path).then(
      () => "no error",
      (error: Error) => error.message,
    );

  test("missing, a directory, or not ours to read", async () => {
    const directory = aDirectory();
    const secret = aFile("secret.csv", csv(row));
    chmodSync(secret, 0);

    expect(await errorOf("/no/such/file")).toBe("no such file: /no/such/file");
    expect(await errorOf(`${fixture}/x`)).toContain("no such file");
    expect(await errorOf(directory)).toBe(`${directory} is a directory`);
    if (process.getuid?.() !== 0) expect(await errorOf(secret)).toBe(`no permission to read ${secret}`);
  });

  test.each([
    ["empty", "", "is empty"],
    ["blank", "\n \n", "is empty"],
    ["binary", new Uint8Array(5000), "is no text"],
    ["UTF-16", Buffer.from(`\ufeff${csv(row)}`, "utf16le"), "is UTF-16"],
    ["another table", "a,b\n1,2", "line 1: header: expected the columns user_id,song_id"],
    ["a table without header", row, "line 1: header"],
    ["prose", "Dear Sir or Madam", "line 1: header"],
    ["an open header", 'user_id,"song', "line 1: record: a quote is never closed"],
    ["gzip of nothing", gzipSync(""), "is empty"],
  ])("%s", async (_, content, message) => {
    const error = await errorOf(aFile("p.csv", content));

    expect(error).toContain(message);
    expect(error).not.toContain("\n");
  });
});

test("no bytes throw anything but a one-line error", async () => {
  const directory = aDirectory();
  const part = fc.constantFrom(
    header,
    row,
    "\n",
    '"',
    ",",
    "{",
    "}",
    "[",
    "]",
    encodePlay(aPlay()),
    "\xff",
    "\r",
    "é",
  );
  const text = fc.array(part, { maxLength: 12 }).map((parts) => Buffer.from(parts.join(""), "latin1"));
  await fc.assert(
    fc.asyncProperty(
      text,
      fc.constantFrom("x.csv", "x.ndjson", "x"),
      fc.boolean(),
      async (bytes, name, packed) => {
        const path = aFileIn(directory, name, packed ? gzipSync(bytes) : bytes);

        const error = await read(path).catch((cause: Error) => cause);

        if (error instanceof Error)
          expect(error).toMatchObject({ name: "CliError", message: expect.not.stringContaining("\n") });
      },
    ),
    { numRuns: 150 },
  );
});

function aFileIn(directory: string, name: string, content: Uint8Array): string {
  const path = `${directory}/${name}`;
  writeFileSync(path, content);
  return path;
}

test("progress ends at the size of the file", async () => {
  const path = aFile("p.csv.gz", gzipSync(csv(row)));
  const seen: (number | undefined)[][] = [];
  const onProgress = (done: number, total: number | undefined): void => void seen.push([done, total]);

  for await (const _ of readPlayFile(path, { arrivedAt: someTime, onProgress }));

  expect(seen.at(-1)).toEqual([statSync(path).size, statSync(path).size]);
});

test("whoever asks is told all bytes, inflated, once", async () => {
  const content = csv(...Array.from({ length: 5_000 }, () => row));
  const path = aFile("p.csv.gz", gzipSync(content));
  const told: Uint8Array[] = [];

  for await (const _ of readPlayFile(path, { arrivedAt: someTime, onBytes: (bytes) => told.push(bytes) }));

  expect(Buffer.concat(told).toString()).toBe(content);
});

test("lines that records held are JSON whatever the file's name, and equal plays without an id are one", async () => {
  const anonymous =
    '{"user_id":"u","track":{"id":"S1","artist":"Coldplay"},"started_at":"2025-11-05T08:30:00Z"}';
  const path = aFile("fix.csv", `no play\n${anonymous}\n\n${anonymous}\n`);

  const entries: PlayFileEntry[] = [];
  for await (const batch of readPlayFile(path, { arrivedAt: someTime, asRecords: true }))
    entries.push(...batch);

  expect(rejectsIn(entries)).toEqual(["1 record"]);
  expect(entries.map((entry) => entry.line)).toEqual([1, 2, 4]);
  expect(new Set(playsIn(entries).map(({ eventId }) => eventId)).size).toBe(1);
});

test.each([
  ["p.ndjson", 600_000, "longer than 10240 bytes"],
  ["p.ndjson", 3_000_000, "longer than 1048576 bytes"],
  ["p.json", 600_000, "longer than 10240 bytes"],
  ["p.json", 3_000_000, "longer than 1048576 bytes"],
])(
  "a line of %s that has %d characters is no play, and the next one is",
  async (name, characters, reason) => {
    const long = JSON.stringify({ x: "x".repeat(characters) });
    const text =
      name === "p.json" ? `[${long},\n${encodePlay(aPlay())}]` : `${long}\n${encodePlay(aPlay())}\n`;

    for (const file of [aFile(name, text), aFile(`${name}.gz`, gzipSync(text))]) {
      const entries = await read(file);

      expect(JSON.stringify(entries)).toContain(reason);
      expect(playsIn(entries)).toHaveLength(1);
    }
  },
);
