import fc from "fast-check";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { endReasons, type Play } from "#src/domain/play.ts";
import { countryCodes } from "#src/wire/countries.ts";
import { decodePlay } from "#src/wire/play-codec.ts";
import { someTime } from "#test/support/builders.ts";

export const { sha256 } = nodeRecordCodec;

export const text = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: "grapheme", minLength, maxLength }).filter((value) => {
    return !value.includes("\0") && value.length >= minLength && value.length <= maxLength;
  });

const id = text(1, 40).filter((value) => !value.includes("@"));

const someScalar = fc.oneof(text(0, 20), fc.integer(), fc.boolean(), fc.constant(null));
const someKey = fc.constantFrom("isrc", "shuffle", "track.isrc", "geo.lat", "constructor", "toString", "ext");
const objectOf = (value: fc.Arbitrary<unknown>) =>
  fc.dictionary(someKey, value, { maxKeys: 3, noNullPrototype: true });

/** `ext` without names that are personal or derived. */
const someExt = objectOf(fc.oneof(someScalar, fc.array(someScalar, { maxLength: 3 }), objectOf(someScalar)));

/** Any play that fits. */
export const anyPlay = fc.record(
  {
    eventId: fc.stringMatching(/^[\w.:-]{1,128}$/),
    userId: id,
    track: fc.record(
      {
        id: text(1, 60),
        artist: text(1, 60),
        title: text(0, 60),
        album: text(0, 60),
        genre: text(0, 64),
        durationMs: fc.integer({ min: 1, max: 24 * 86_400_000 }),
      },
      { requiredKeys: ["id", "artist"], noNullPrototype: true },
    ),
    startedAt: fc.integer({ min: 1_033_430_400_000, max: someTime + 3_600_000 }),
    msPlayed: fc.integer({ min: 0, max: 86_400_000 }),
    endReason: fc.constantFrom(...endReasons),
    rating: fc.double({ min: 0, max: 5, noNaN: true }).map((value) => value + 0),
    mood: text(0, 64),
    platform: text(0, 64),
    geo: fc.record(
      { country: fc.constantFrom(...countryCodes), city: text(0, 60) },
      { requiredKeys: [], noNullPrototype: true },
    ),
    sessionId: text(0, 60),
    deviceId: text(0, 60),
    client: text(0, 60),
    tz: text(0, 60),
    tags: fc.array(text(0, 20), { maxLength: 10 }),
    dedupe: fc.constant("always"),
    ext: someExt,
  },
  { requiredKeys: ["eventId", "userId", "track", "startedAt"], noNullPrototype: true },
) as unknown as fc.Arbitrary<Play>;

/** A play that has nothing but what a scanner takes, unless a text needs an escape. */
export const usualPlay = anyPlay.map(({ ext: _, tags: __, rating, ...play }): Play => {
  return rating === undefined ? play : { ...play, rating: Math.round(rating * 100) / 100 };
});

/** As Python writes it. */
const spaced = (text: string): string => JSON.stringify(JSON.parse(text), undefined, 1).replace(/\n */g, "");
export const withSpaces = (text: string): string => spaced(text).replaceAll(/,(?=["{\d])/g, ", ");

/** The smallest valid play.v1, with fields replaced; `undefined` takes one away. */
export const json = (overrides: object = {}, track: object = {}): object => ({
  event_id: "e1",
  user_id: "u1",
  track: { id: "t1", artist: "Coldplay", ...track },
  started_at: someTime,
  ...overrides,
});

export const decode = (value: unknown) => decodePlay(value, someTime, sha256);

/** The field that is to blame, or undefined for a play. */
export const blamed = (value: unknown): string | undefined => {
  const decoded = decode(value);
  return decoded.ok ? undefined : decoded.error.field;
};

export function accepted(value: unknown): Play {
  const decoded = decode(value);
  if (!decoded.ok) throw new Error(`${decoded.error.field}: ${decoded.error.reason}`);
  return decoded.value;
}
