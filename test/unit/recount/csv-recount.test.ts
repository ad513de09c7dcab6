import fc from "fast-check";
import { expect, test } from "vitest";
import type { EpochMs } from "#src/domain/play.ts";
import { figuresOf } from "#src/recount/csv-figures.ts";
import { CsvRecount, NoCsvError } from "#src/recount/csv-recount.ts";
import { someTime } from "#test/support/builders.ts";
import { recountCsv } from "#test/support/recount-csv.ts";
import { anyCsv, plainCsv } from "#test/unit/cli/csv-rows.ts";
import { aFile, playsIn, read } from "#test/unit/cli/files.ts";

/** @param piece how many bytes come at once, each time in the same buffer */
function recount(bytes: Uint8Array, piece: number): CsvRecount {
  const counted = new CsvRecount(someTime as EpochMs);
  const buffer = new Uint8Array(piece);
  for (let start = 0; start < bytes.length; start += piece) {
    const part = bytes.subarray(start, start + piece);
    buffer.set(part);
    counted.push(buffer.subarray(0, part.length));
  }
  counted.end();
  return counted;
}

const all = { songs: 500, users: Number.POSITIVE_INFINITY, topUsers: 500 };

test("accepts and rejects the rows that analyze does, wherever the bytes are cut", async () => {
  await fc.assert(
    fc.asyncProperty(anyCsv, fc.integer({ min: 1, max: 200 }), async (text, piece) => {
      const entries = await read(aFile("p.csv", text));
      const plays = playsIn(entries);

      const counted = recount(Buffer.from(text), piece);

      expect([counted.plays, counted.rejected]).toEqual([plays.length, entries.length - plays.length]);
      const listened = plays.reduce((sum, { track }) => sum + Math.min(track.durationMs ?? 0, 86_400_000), 0);
      expect(counted.listenedMs.reduce((sum, ms) => sum + ms, 0)).toBe(listened);
      expect(counted.songs.count).toBe(new Set(plays.map(({ track }) => track.id)).size);
      expect(counted.users.count).toBe(new Set(plays.map(({ userId }) => userId)).size);
    }),
    { numRuns: 80 },
  );
});

test("gives the figures of the plainest recount, order included", () => {
  fc.assert(
    fc.property(plainCsv, fc.integer({ min: 1, max: 4000 }), (text, piece) => {
      const figures = figuresOf(recount(Buffer.from(text), piece), all);

      expect(JSON.stringify(figures)).toBe(JSON.stringify(recountCsv(text, 500)));
    }),
    { numRuns: 100 },
  );
});

test("many listeners, songs and pairs of them are kept apart", () => {
  const rows = Array.from(
    { length: 20_000 },
    (_, i) =>
      `user-${(i * 7919) % 3001},song-${i % 2503},artist-${i % 1009},${200 + (i % 7)},2025-11-05T08:30:0${i % 9}Z`,
  );
  const text = `user_id,song_id,artist,duration,timestamp\n${rows.join("\n")}\n`;

  expect(figuresOf(recount(Buffer.from(text), 65_536), all)).toEqual(recountCsv(text, 500));
});

test("judges each row's time, whatever the row before says of the same day or minute", () => {
  const good = ["2025-11-05T10:59:00Z", "2025-11-05T10:59:59.999"];
  const bad = [
    "2025-11-05T25:00:00Z",
    "2025-11-05T10:60:00Z",
    "2025-11-05T10:59:61Z",
    "2025/11-05T10:59:00Z",
  ];
  const times = [...good, ...bad, ...bad, ...bad, "2025-11-05T10x59:00Z", "2025-11x05T10:59:00Z"];
  const rows = times.map((time) => `u,s,a,10,${time}`);

  const counted = recount(
    Buffer.from(`user_id,song_id,artist,duration,timestamp\n${rows.join("\n")}\n`),
    1000,
  );

  expect([counted.plays, counted.rejected]).toEqual([2, 14]);
});

test("lists no more than is asked for", () => {
  const rows = Array.from({ length: 30 }, (_, i) => `u${i},s${i},a,${i + 1},2025-11-05T08:30:00Z`);
  const text = `user_id,song_id,artist,duration,timestamp\n${rows.join("\n")}\n`;

  const figures = figuresOf(recount(Buffer.from(text), 1000), { songs: 3, users: 4, topUsers: 2 });

  expect(Object.keys(figures.mapreduce_results.top_songs)).toEqual(["a - s0", "a - s1", "a - s10"]);
  expect(figures.userbehavior_results.top_users).toEqual(["u29", "u28"]);
  expect(figures.userbehavior_results.users.map(({ user_id }) => user_id)).toEqual([
    "u26",
    "u27",
    "u28",
    "u29",
  ]);
});

test("a file without the columns is no CSV of plays", () => {
  for (const text of ["", "\n", "user_id,song_id\n1,2\n", '{"user_id":"u"}\n', '"'])
    expect(() => recount(Buffer.from(text), 10)).toThrow(NoCsvError);
});
