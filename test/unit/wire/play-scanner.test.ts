import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSimulator, simulatePlays } from "#simulator/simulator.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { hash64 } from "#src/domain/hash64.ts";
import type { Play } from "#src/domain/play.ts";
import { type PlayRow, rowOf } from "#src/domain/play-row.ts";
import { SegmentBuilder } from "#src/domain/segment-builder.ts";
import { encodePlay, parsePlay } from "#src/wire/play-codec.ts";
import { type PlayScanner, readRecord } from "#src/wire/play-record.ts";
import { JsonPlayScanner } from "#src/wire/play-scanner.ts";
import { encodeSegmentRows } from "#src/wire/segment-codec.ts";
import { aPlay, someTime } from "#test/support/builders.ts";
import { brokenText, mutatedPlay } from "../recount/mutated-json.ts";
import { anyPlay, json, sha256, usualPlay, withSpaces } from "./wire-plays.ts";

/** What a row says, its names as values. */
const said = (row: PlayRow) => ({
  user: row.user.value,
  track: row.track.value,
  startedAt: row.startedAt,
  msPlayed: row.msPlayed,
  durationMs: row.durationMs,
  endReason: row.endReason,
  rating: row.rating,
  platform: row.platform?.value,
  mood: row.mood?.value,
  country: row.country?.value,
  id: [row.idHi, row.idLo],
  isMarked: row.isMarked,
});

const saidOf = (play: Play) => said(rowOf(play, hash64(play.eventId, { hi: 0, lo: 0 })));

/** What the scanner makes of a line; undefined where it leaves it to `parsePlay`. */
function scanned(scanner: PlayScanner, line: string | Uint8Array) {
  return scanner.scan(Buffer.from(line), 0, someTime) ? said(scanner.row) : undefined;
}

function parsed(line: string) {
  const play = parsePlay(line, someTime, sha256);
  return play.ok ? saidOf(play.value) : play.error;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

describe("a scanned play", () => {
  test("says what the same play says when it is parsed, and nothing is scanned that parsing rejects", () => {
    const scanner = new JsonPlayScanner();
    const line = fc.oneof(
      usualPlay.map(encodePlay),
      usualPlay.map(encodePlay).map(withSpaces),
      mutatedPlay,
      brokenText(usualPlay.map(encodePlay)),
      brokenText(mutatedPlay),
    );
    let scans = 0;
    fc.assert(
      fc.property(line, (text) => {
        const row = scanned(scanner, text);
        if (row === undefined) return;
        scans += 1;
        expect(row).toEqual(parsed(Buffer.from(text).toString()));
      }),
      { numRuns: 3000 },
    );
    expect(scans).toBeGreaterThan(200);
  }, 60_000);

  test("says the same whatever bytes were changed in it", () => {
    const scanner = new JsonPlayScanner();
    const bytes = fc
      .tuple(usualPlay, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 2 }))
      .map(([play, changes]) => {
        const line = Buffer.from(encodePlay(play));
        for (const [at, byte] of changes) line[at % line.length] = byte;
        return line;
      });
    let scans = 0;
    fc.assert(
      fc.property(bytes, (line) => {
        const row = scanned(scanner, line);
        if (row === undefined) return;
        scans += 1;
        expect(row).toEqual(parsed(textOf(line) ?? "no UTF-8"));
      }),
      { numRuns: 3000 },
    );
    expect(scans).toBeGreaterThan(200);
  }, 60_000);

  test("is every play of the simulator", () => {
    const scanner = new JsonPlayScanner();
    const simulator = createSimulator({ seed: 1, users: 100, songs: 200 });
    for (const play of simulatePlays(simulator, { from: someTime, count: 1000, rate: 1000 })) {
      expect(scanned(scanner, encodePlay(play))).toEqual(saidOf(play));
    }
  });

  test.each<[string, string]>([
    ["without what is optional", JSON.stringify(json())],
    ["with a carriage return", `${JSON.stringify(json())}\r`],
    [
      "with spaces",
      '{"event_id": "e", "user_id": "u", "track": {"id": "t", "artist": "a"}, "started_at": 1795176000000}',
    ],
    [
      "in another order",
      '{"started_at":1795176000000,"track":{"artist":"a","id":"t"},"user_id":"u","event_id":"e"}',
    ],
    [
      "with nulls",
      JSON.stringify(
        json({ rating: null, geo: null, mood: null, ms_played: null, tz: null }, { genre: null }),
      ),
    ],
    ["with an ISO time", JSON.stringify(json({ started_at: "2026-11-20T11:59:59Z" }))],
    ["with an ISO time of milliseconds", JSON.stringify(json({ started_at: "2024-02-29T23:59:59.987Z" }))],
    [
      "with letters beyond ASCII",
      JSON.stringify(json({ user_id: "é漢\u{1f600}", mood: "\u{feff}" }, { artist: "Björk" })),
    ],
    ["of a country by its name", JSON.stringify(json({ geo: { country: "Germany", city: "Köln" } }))],
    ["that is marked", JSON.stringify(json({ dedupe: "always" }))],
    ["that is not marked", JSON.stringify(json({ dedupe: "horizon" }))],
    ["with a rating of two digits", JSON.stringify(json({ rating: 4.35 }))],
    [
      "with empty texts",
      JSON.stringify(json({ mood: "", platform: "" }, { title: "", genre: "", album: "" })),
    ],
  ])("%s is taken", (_, line) => {
    expect(scanned(new JsonPlayScanner(), line)).toEqual(parsed(line.trim()));
  });

  test.each<[string, string]>([
    ["a derived id", JSON.stringify(json({ event_id: undefined }))],
    ["a derived track id", JSON.stringify(json({}, { id: undefined, title: "t" }))],
    ["an escape", JSON.stringify(json({ user_id: 'u"' }))],
    [
      "a key twice",
      '{"event_id":"e","user_id":"v","track":{"id":"t","artist":"a"},"started_at":1795176000000,"user_id":"u"}',
    ],
    ["an unknown field", JSON.stringify(json({ isrc: "x" }))],
    ["ext", JSON.stringify(json({ ext: { a: 1 } }))],
    ["an e-mail address", JSON.stringify(json({ user_id: "a@b.example" }))],
    ["an exponent", JSON.stringify(json()).replace("1795176000000", "1795176e6")],
    ["a fraction of an integer", JSON.stringify(json({ ms_played: 5 })).replace("5}", "5.0}")],
    ["a date that does not exist", JSON.stringify(json({ started_at: "2026-02-29T00:00:00Z" }))],
    ["a start too far ahead", JSON.stringify(json({ started_at: someTime + 3_600_001 }))],
    ["something after the play", `${JSON.stringify(json())}x`],
    [
      "a length near the limit",
      JSON.stringify(json({}, { artist: "x".repeat(1024), title: "x".repeat(1024) })),
    ],
    ["half a play", JSON.stringify(json()).slice(0, -1)],
    ["nothing", ""],
  ])("is not one with %s", (_, line) => {
    expect(scanned(new JsonPlayScanner(), line)).toBeUndefined();
  });

  test("is named anew once so many names came that the old ones were forgotten", () => {
    const scanner = new JsonPlayScanner();
    for (let i = 0; i < 140_000; i++) {
      const line = `{"event_id":"e","user_id":"user-${i}","track":{"id":"t${i}","artist":"a"},"started_at":1795176000000}`;
      scanner.scan(Buffer.from(line), 0, someTime);

      if (i % 9973 === 0) {
        expect(scanner.row.user.value).toBe(`user-${i}`);
        expect(scanner.row.track.value.id).toBe(`t${i}`);
      }
    }
  });
});

test("a record has the same entries with a scanner as without", () => {
  const scanner = new JsonPlayScanner();
  const lines = fc.array(
    fc.tuple(
      fc.oneof(
        { weight: 4, arbitrary: usualPlay.map(encodePlay) },
        { weight: 2, arbitrary: mutatedPlay },
        { weight: 1, arbitrary: brokenText(mutatedPlay) },
        { weight: 1, arbitrary: fc.constantFrom("", " \t", "\u{feff}", "no play", "x".repeat(20_000)) },
      ),
      fc.constantFrom("\n", "\r\n", "\n\n"),
    ),
    { maxLength: 6 },
  );
  const bytes = fc
    .tuple(lines, fc.constantFrom("", "\u{feff}"), fc.option(fc.tuple(fc.nat(), fc.nat(255))))
    .map(([parts, mark, change]) => {
      const all = Buffer.from(mark + parts.flat().join(""));
      if (change !== null && all.length > 0) all[change[0] % all.length] = change[1];
      return all;
    });
  const data = fc.oneof(
    bytes.map((block) => gzipSync(block, { level: 1 })),
    bytes,
    anyPlay.map((play) => Buffer.from(`${encodePlay(play)}\n`)),
  );
  fc.assert(
    fc.property(data, (record) => {
      expect(entriesOf(record, scanner)).toEqual(entriesOf(record, undefined));
      expect(segmentOf(record, scanner)).toEqual(segmentOf(record, undefined));
    }),
    { numRuns: 1500 },
  );
}, 60_000);

/** The bytes of a segment of a record's plays: names of a scanner are bytes to it, those of plays are strings. */
function segmentOf(data: Uint8Array, scanner: PlayScanner | undefined): Uint8Array {
  const entries = readRecord({ sequenceNumber: "7", data, arrivedAt: someTime }, nodeRecordCodec, scanner);
  const builder = new SegmentBuilder();
  for (let kind = entries.next(); kind !== undefined; kind = entries.next())
    if (kind === "play") builder.addRow(entries.row, someTime);
  return encodeSegmentRows(
    builder.finishRows(() => 0),
    builder.texts,
    encodePlay,
  );
}

/** The entries of a record with their whole plays, which are asked for once the record has been read. */
function entriesOf(data: Uint8Array, scanner: PlayScanner | undefined) {
  const record = { sequenceNumber: "7", data, arrivedAt: someTime };
  const entries = readRecord(record, nodeRecordCodec, scanner);
  const found: (() => unknown)[] = [];
  for (let kind = entries.next(); kind !== undefined; kind = entries.next()) {
    if (kind === "reject") {
      const { chunk } = entries;
      found.push(() => chunk);
    } else {
      const { row } = entries;
      const { source, place } = row;
      const words = said(row);
      found.push(() => ({ ...words, play: source.playAt(place), eventId: source.eventIdAt(place) }));
    }
  }
  return found.map((entry) => entry());
}

test("the lines of a large block outlive it, and do not keep it in memory", () => {
  const lines = ["a", "b", "c"].map((eventId) => encodePlay(aPlay({ eventId })));
  const block = Buffer.from(`${lines.join("\n")}\n${"\n".repeat(300_000)}`);
  const record = { sequenceNumber: "7", data: gzipSync("a block"), arrivedAt: someTime };
  const codec = { ...nodeRecordCodec, gunzip: () => block };
  const entries = readRecord(record, codec, new JsonPlayScanner());
  const plays: (() => Play)[] = [];
  while (entries.next() === "play") {
    const { source, place } = entries.row;
    plays.push(() => source.playAt(place));
  }

  block.fill(0);

  expect(plays.map((play) => play().eventId)).toEqual(["a", "b", "c"]);
});
