import fc from "fast-check";
import { expect, test } from "vitest";
import { createSimulator, simulatePlays } from "#simulator/simulator.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { someTime } from "#test/support/builders.ts";
import { brokenText, mutatedPlay } from "../recount/mutated-json.ts";
import { json, usualPlay, withSpaces } from "../wire/wire-plays.ts";
import { aFile, playsIn, read } from "./files.ts";
import { blockForms, byListener, readByRows } from "./read-by-rows.ts";

const usualLine = usualPlay.map(encodePlay);
const anyLine = fc.oneof(
  { weight: 3, arbitrary: usualLine },
  usualLine.map(withSpaces),
  usualLine.map((line) => `${line}\r`),
  mutatedPlay,
  brokenText(usualLine),
  fc.constantFrom("", " ", "{}", "null"),
);

/** More than is looked at to tell whether the file is text: a NUL later on costs its line only. */
const blank = Buffer.alloc(5000, " \n");

const fileOf = (lines: readonly (string | Uint8Array)[]): string =>
  aFile(
    "p.ndjson",
    Buffer.concat([blank, ...lines.flatMap((line) => [Buffer.from(line), Buffer.from("\n")])]),
  );

test.each(blockForms)(
  "%s: lines that are read byte by byte are the plays and the rejections that JSON.parse gives",
  async (form) => {
    let rows = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyLine, { minLength: 1, maxLength: 30 }), async (lines) => {
        const path = fileOf(lines);
        const entries = await read(path);

        const reading = await readByRows(path, form);

        rows += reading.rows;
        expect(byListener(reading.plays)).toEqual(byListener(playsIn(entries)));
        expect(reading.rejections).toEqual(entries.filter((entry) => "rejection" in entry));
      }),
      { numRuns: 200 },
    );
    expect(rows).toBeGreaterThan(500);
  },
  60_000,
);

test("what bytes of a line are changed changes the play as it changes that of JSON.parse, or makes the same rejection", async () => {
  const changed = fc
    .tuple(usualPlay, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 2 }))
    .map(([play, changes]) => {
      const line = Buffer.from(encodePlay(play));
      for (const [at, byte] of changes) line[at % line.length] = byte;
      return line;
    });
  await fc.assert(
    fc.asyncProperty(fc.array(changed, { minLength: 10, maxLength: 20 }), async (lines) => {
      const path = fileOf(lines);
      const entries = await read(path);

      const reading = await readByRows(path);

      expect(byListener(reading.plays)).toEqual(byListener(playsIn(entries)));
      expect(reading.rejections).toEqual(entries.filter((entry) => "rejection" in entry));
    }),
    { numRuns: 100 },
  );
}, 60_000);

test.each(blockForms)("%s: every play of the simulator is read byte by byte", async (form) => {
  const simulator = createSimulator({ seed: 1, users: 100, songs: 200 });
  const plays = [...simulatePlays(simulator, { from: someTime, count: 1000, rate: 1000 })];

  const reading = await readByRows(fileOf(plays.map(encodePlay)), form);

  expect(reading.rows).toBe(1000);
  expect(byListener(reading.plays)).toEqual(byListener(plays));
});

test.each<[string, object]>([
  ["without what is optional", json()],
  ["with nulls", json({ rating: null, geo: null, mood: null, ms_played: null }, { genre: null })],
  ["with an ISO time", json({ started_at: "2024-02-29T23:59:59.987Z" })],
  ["with an id of 128 bits", json({ event_id: "0123456789abcdef0123456789abcdef" })],
  ["with an id of 32 letters", json({ event_id: "0123456789ABCDEF0123456789abcdef" })],
  ["with letters beyond ASCII", json({ user_id: "é漢\u{1f600}", mood: "\u{feff}" }, { artist: "Björk" })],
  ["of a country by its name", json({ geo: { country: "Germany", city: "Köln" } })],
  ["that is marked", json({ dedupe: "always" })],
  ["that is not marked", json({ dedupe: "horizon" })],
  ["with a rating of hundredths", json({ rating: 4.35 })],
  ["with empty texts", json({ mood: "", platform: "" }, { title: "", genre: "", album: "" })],
])("a play %s is read byte by byte", async (_, value) => {
  const path = fileOf([JSON.stringify(value)]);

  const { rows, plays } = await readByRows(path);

  expect(rows).toBe(1);
  expect(plays).toEqual(playsIn(await read(path)));
});

test.each<[string, object]>([
  ["without an event id", json({ event_id: undefined })],
  ["with a field that play.v1 does not know", json({ shuffle: true })],
  ["with tags", json({ tags: ["a"] })],
  ["with a rating between hundredths", json({ rating: 4.355 })],
  ["with a place that says nothing", json({ geo: {} })],
  ["of a listener with an at sign", json({ user_id: "a@b" })],
  ["with an escape", json({ mood: "\t" })],
])("a play %s becomes a play first, and is the same", async (_, value) => {
  const path = fileOf([JSON.stringify(value)]);

  const { rows, plays } = await readByRows(path);

  expect(rows).toBe(0);
  expect(plays).toEqual(playsIn(await read(path)));
  expect(plays).toHaveLength(1);
});

test("two tracks of one id are two tracks", async () => {
  const titles = ["A", "B", "A", undefined];
  const lines = titles.map((title, i) => JSON.stringify(json({ event_id: `e${i}` }, { title })));

  const { plays } = await readByRows(fileOf(lines));

  expect(plays.map(({ track }) => track.title)).toEqual(titles);
});
