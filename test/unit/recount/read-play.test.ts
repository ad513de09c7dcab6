import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judge, type Play, tenthOf } from "#src/domain/play.ts";
import { type ReadPlay, readPlay } from "#src/recount/read-play.ts";
import { encodePlay, parsePlay } from "#src/wire/play-codec.ts";
import { someTime } from "#test/support/builders.ts";
import { anyPlay, json, sha256 } from "../wire/wire-plays.ts";
import { brokenText, mutatedPlay } from "./mutated-json.ts";

/** What the consumer makes of a text, as far as it counts. */
function consumed(text: string): ReadPlay | undefined {
  const decoded = parsePlay(text, someTime, sha256);
  return decoded.ok ? whatCounts(decoded.value) : undefined;
}

function whatCounts(play: Play): ReadPlay {
  const { listenedMs, qualified, completed, skipped, pct } = judge(play);
  return {
    id: play.eventId,
    userId: play.userId,
    trackId: play.track.id,
    artist: play.track.artist,
    title: play.track.title ?? "",
    startedAt: play.startedAt,
    ...{ listenedMs, qualified, completed, skipped },
    tenth: pct === undefined ? undefined : tenthOf(pct),
    rating: play.rating === undefined ? undefined : Math.round(play.rating * 100),
    genre: play.track.genre ?? "",
    platform: play.platform ?? "",
    mood: play.mood ?? "",
    country: play.geo?.country ?? "",
    isMarked: play.dedupe === "always",
  };
}

const recounted = (text: string): ReadPlay | undefined => readPlay(text, someTime, sha256);
const x = (length: number): string => "x".repeat(length);

test("a play says to the recount what it says to the consumer", () => {
  fc.assert(
    fc.property(anyPlay, (play) => {
      expect(recounted(encodePlay(play))).toEqual(whatCounts(play));
    }),
  );
}, 60_000);

test("what is changed at random is a play, or none, to both", () => {
  let accepted = 0;
  let rejected = 0;
  fc.assert(
    fc.property(mutatedPlay, (text) => {
      const expected = consumed(text);
      if (expected === undefined) rejected += 1;
      else accepted += 1;

      expect(recounted(text)).toEqual(expected);
    }),
    { numRuns: 3000 },
  );
  expect(Math.min(accepted, rejected)).toBeGreaterThan(300);
}, 60_000);

test("broken JSON is a play, or none, to both", () => {
  fc.assert(
    fc.property(brokenText(mutatedPlay), (text) => {
      expect(recounted(text)).toEqual(consumed(text));
    }),
    { numRuns: 1000 },
  );
}, 60_000);

test("what is no play at all is none to both", () => {
  const any = fc.oneof(
    fc.json(),
    fc.string({ unit: "binary" }),
    fc.constantFrom("[".repeat(10_240), "null", "[]", "7"),
  );
  fc.assert(
    fc.property(any, (text) => {
      expect(recounted(text)).toEqual(consumed(text));
    }),
  );
});

describe("a play is as long as both have it", () => {
  test.each<[string, (length: number) => string]>([
    ["as it came", (length) => padded(json(), length)],
    ["with its derived event id", (length) => padded(json({ event_id: undefined }), length)],
    [
      "with its derived track id",
      (length) => padded(json({}, { id: undefined, title: "é".repeat(80) }), length),
    ],
    ["with digits for a number", (length) => padded(json({ n: 7e20 }), length).replace(/7\d{20}/, "7e20")],
    ["without what is personal", (length) => padded(json({ email: x(100) }), length)],
    ["in another script", (length) => padded(json({ mood: "東京".repeat(30) }), length)],
  ])("%s", (_, textOfLength) => {
    let accepted = 0;
    for (let length = 9_900; length <= 10_400; length++) {
      const text = textOfLength(length);
      const expected = consumed(text);
      if (expected !== undefined) accepted += 1;

      expect(recounted(text), `${length}`).toEqual(expected);
    }
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThan(501);
  });
}, 60_000);

/** The play with an unknown field that makes its JSON so many bytes long. */
function padded(play: object, bytes: number): string {
  const bare = JSON.stringify({ ...play, pad: "" });
  return JSON.stringify({ ...play, pad: x(Math.max(0, bytes - Buffer.byteLength(bare))) });
}
