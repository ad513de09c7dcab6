import { describe, expect, test } from "vitest";
import { countryCodeOf } from "#src/wire/countries.ts";
import { csvColumns, decodeCsvRow, encodeCsvRow, readCsvHeader } from "#src/wire/csv-dialect.ts";
import { decodeStreamEvent, isStreamEvent } from "#src/wire/stream-event-dialect.ts";
import { aPlay, someTime } from "#test/support/builders.ts";
import { json, sha256 } from "./wire-plays.ts";

const header = (...names: string[]) => {
  const read = readCsvHeader(names);
  if (!read.ok) throw new Error(read.error.reason);
  return read.value;
};
const five = header(...csvColumns);
const row = (fields: readonly string[], columns = five) => decodeCsvRow(columns, fields, someTime, sha256);
const good: readonly string[] = ["U001", "S001", "Coldplay", "210", "2025-11-05T08:30:00"];
const with_ = (at: number, field: string): string[] => good.with(at, field);

describe("the CSV dialect", () => {
  test("has five columns; the duration is the track's, in seconds, and the time is UTC", () => {
    const decoded = row(good);

    expect(decoded).toMatchObject({
      value: {
        userId: "U001",
        track: { id: "S001", artist: "Coldplay", durationMs: 210_000 },
        startedAt: Date.UTC(2025, 10, 5, 8, 30),
      },
    });
    expect(decoded.ok && decoded.value.msPlayed).toBe(undefined);
  });

  test("finds the columns by name", () => {
    const columns = header("Artist", "note", " timestamp ", "DURATION", "song_id", "user_id");

    expect(row(["Coldplay", "x", "2025-11-05T08:30:00", "210", "S001", "U001"], columns)).toEqual(row(good));
  });

  test("needs every column once", () => {
    expect(readCsvHeader(["user_id", "song_id", "artist", "duration"])).toMatchObject({
      error: { field: "header" },
    });
    expect(readCsvHeader([...csvColumns, "artist"])).toMatchObject({ error: { field: "header" } });
  });

  const bad: readonly (readonly [field: string, fields: readonly string[]])[] = [
    ["user_id", with_(0, "")],
    ["user_id", with_(0, "jane@example.com")],
    ["song_id", with_(1, "")],
    ["artist", with_(2, "")],
    ...["", "0", "-1", "1e3", "0x10", "abc", "2073600.001", "Infinity"].map(
      (d) => ["duration", with_(3, d)] as const,
    ),
    ...["", "yesterday", "2025-02-30T00:00:00", "2001-01-01"].map((t) => ["timestamp", with_(4, t)] as const),
    ["record", good.slice(0, 4)],
    ["record", [...good, ""]],
  ];
  test.each(bad)("blames %s in %j", (field, fields) => {
    expect(row(fields)).toMatchObject({ ok: false, error: { field } });
  });

  test("has no marks, whatever a column is called", () => {
    const decoded = row([...good, "always"], header(...csvColumns, "dedupe"));

    expect(decoded).toEqual(row(good));
    expect(decoded.ok && "dedupe" in decoded.value).toBe(false);
  });

  test("takes parts of a second", () => {
    expect(row(with_(3, "0.0015"))).toMatchObject({ value: { track: { durationMs: 2 } } });
  });

  test("quotes what needs it", () => {
    const play = aPlay({ userId: "u", track: { id: 'a"b', artist: "Tyler, The Creator", durationMs: 1500 } });

    expect(encodeCsvRow(play, "T")).toBe('u,"a""b","Tyler, The Creator",1.5,T');
  });
});

const event = {
  user_id: "7d9f",
  name: "Jane Doe",
  email: "jane@example.com",
  track_id: "a1b2",
  title: "Yellow",
  artist: "Coldplay",
  genre: "Rock",
  timestamp: 1_762_331_400,
  platform: "Spotify",
  location: { city: "Paris", country: "France" },
  mood: "Chill",
  duration_seconds: 200,
  listen_position: 160,
  completed: true,
  rating: 4,
  is_skipped: false,
};
const decodeEvent = (overrides: object = {}) =>
  decodeStreamEvent({ ...event, ...overrides }, someTime, sha256);

describe("a stream event", () => {
  test("becomes a play without name and e-mail address", () => {
    const decoded = decodeEvent();

    expect(decoded).toMatchObject({ ok: true });
    expect(decoded.ok && decoded.value).toEqual({
      eventId: expect.stringMatching(/^[0-9a-f]{32}$/),
      userId: "7d9f",
      track: { id: "a1b2", artist: "Coldplay", title: "Yellow", genre: "Rock", durationMs: 200_000 },
      startedAt: 1_762_331_400_000,
      msPlayed: 160_000,
      rating: 4,
      mood: "Chill",
      platform: "Spotify",
      geo: { city: "Paris", country: countryCodeOf("France") },
    });
    expect(JSON.stringify(decoded)).not.toMatch(/jane/i);
  });

  test("is known by its fields", () => {
    expect(isStreamEvent(event)).toBe(true);
    expect(
      [json(), json({ timestamp: 1 }), null, [], 7, {}, { timestamp: 1 }].map(isStreamEvent),
    ).not.toContain(true);
  });

  test("keeps what it has beyond its dialect", () => {
    expect(decodeEvent({ shuffle: true })).toMatchObject({ value: { ext: { shuffle: true } } });
  });

  test("is marked only where it says so, as play.v1 does", () => {
    const decoded = decodeEvent();

    expect(decoded.ok && "dedupe" in decoded.value).toBe(false);
    expect(decodeEvent({ dedupe: "always" })).toMatchObject({ value: { dedupe: "always" } });
    expect(decodeEvent({ dedupe: 1 })).toMatchObject({ error: { field: "dedupe" } });
  });

  test.each([
    ["track_id", { track_id: "x".repeat(201) }],
    ["artist", { artist: "" }],
    ["timestamp", { timestamp: 5 }],
    ["timestamp", { timestamp: "soon" }],
    ["listen_position (in ms)", { listen_position: -1 }],
    ["duration_seconds (in ms)", { duration_seconds: "long" }],
    ["location.country", { location: { country: "Narnia" } }],
    ["rating", { rating: 6 }],
  ])("blames %s by its own name", (field, overrides) => {
    expect(decodeEvent(overrides)).toMatchObject({ ok: false, error: { field } });
  });
});
