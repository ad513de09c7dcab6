import fc from "fast-check";
import { expect, test } from "vitest";
import type { EpochMs } from "#src/domain/play.ts";
import { someTime } from "#test/support/builders.ts";
import { anyCsv } from "./csv-rows.ts";
import { aFile, playsIn, read } from "./files.ts";
import { blockForms, byListener, readByRows } from "./read-by-rows.ts";

test.each(blockForms)(
  "%s: rows that are read byte by byte are the plays, ids included, and the rejections that texts give",
  async (form) => {
    await fc.assert(
      fc.asyncProperty(anyCsv, async (text) => {
        const path = aFile("p.csv", text);
        const entries = await read(path);

        const reading = await readByRows(path, form);

        expect(byListener(reading.plays)).toEqual(byListener(playsIn(entries)));
        expect(reading.rejections).toEqual(entries.filter((entry) => "rejection" in entry));
      }),
      { numRuns: 60 },
    );
  },
);

test("plain rows are read byte by byte, wherever their columns stand", async () => {
  const plain = "x,2025-11-05T08:30:00Z,210.25,Beyoncé,S1,user-1";
  const path = aFile(
    "p.csv",
    `other,timestamp,duration,artist,song_id,user_id\n${plain}\n${plain}\r\n${plain}`,
  );

  const { rows, plays } = await readByRows(path);

  expect(rows).toBe(3);
  expect(plays).toEqual(playsIn(await read(path)));
  expect(new Set(plays.map((play) => play.eventId)).size).toBe(3);
});

test("lines that are no UTF-8 or too long cost themselves", async () => {
  const good = "U1,S1,Coldplay,210,2025-11-05T08:30:00\n";
  const bad = Buffer.from("U1,S1,\xe9,210,2025-11-05T08:30:00\n", "latin1");
  const long = Buffer.from(`U1,S1,${"a".repeat(1024 * 1024)},210,2025-11-05T08:30:00\n`);
  const header = "user_id,song_id,artist,duration,timestamp\n";
  const path = aFile("p.csv", Buffer.concat([Buffer.from(header + good), bad, long, Buffer.from(good)]));

  const { rows, rejections } = await readByRows(path);

  expect(rows).toBe(2);
  expect(rejections).toEqual((await read(path)).filter((entry) => "rejection" in entry));
  expect(rejections.map(({ line }) => line)).toEqual([3, 4]);
});

test("a play that starts more than an hour after its arrival is rejected", async () => {
  const late = new Date((someTime + 3_600_001) as EpochMs).toISOString();
  const path = aFile("p.csv", `user_id,song_id,artist,duration,timestamp\nU1,S1,A,1,${late}\n`);

  const { plays, rejections } = await readByRows(path);

  expect([plays.length, rejections.length]).toEqual([0, 1]);
});
