import fc from "fast-check";
import { expect, test } from "vitest";
import { CorruptStoreError } from "#src/domain/errors.ts";
import { hash64 } from "#src/domain/hash64.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { SegmentBuilder } from "#src/domain/segment-builder.ts";
import { KnownNames } from "#src/wire/known-names.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { decodeSegment, encodeSegment } from "#src/wire/segment-codec.ts";
import { aMoment, somePlays } from "#test/support/arbitraries.ts";
import { aPlay, someTime } from "#test/support/builders.ts";

const someSegment = fc
  .record({
    plays: somePlays(),
    duplicates: fc.array(fc.nat(0xffff_ffff), { maxLength: 5 }),
    rejects: fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }),
  })
  .map(({ plays, duplicates, rejects }) => {
    const builder = new SegmentBuilder();
    for (const [i, play] of plays.entries()) {
      const { hi, lo } = hash64(play.eventId, { hi: 0, lo: 0 });
      builder.addPlay(play, hi, lo, (aMoment + i) as EpochMs);
    }
    for (const id of duplicates) builder.addDuplicate(id, (id ^ 7) >>> 0, aMoment);
    for (const [entry, raw] of rejects.entries()) {
      const place = {
        sequenceNumber: "495903382714",
        entry,
        chunk: 0,
        chunks: 1,
        arrivedAt: aMoment as EpochMs,
      };
      builder.addReject({ ...place, reason: "user_id: \u{1f600}", raw });
    }
    return { builder, contents: builder.finish((play) => encodePlay(play).length) };
  });

test("a segment comes back as it was", () => {
  fc.assert(
    fc.property(someSegment, ({ contents }) => {
      expect(decodeSegment(encodeSegment(contents))).toEqual(contents);
    }),
  );
});

test("the builder's byte count is never less than the encoded size", () => {
  fc.assert(
    fc.property(someSegment, ({ builder, contents }) => {
      expect(encodeSegment(contents).length).toBeLessThanOrEqual(builder.bytes);
    }),
  );
});

test("a marked play is named by its place and its whole id, another is not", () => {
  const builder = new SegmentBuilder();
  const add = (eventId: string, overrides: object = {}): void => {
    const { hi, lo } = hash64(eventId, { hi: 0, lo: 0 });
    builder.addPlay(aPlay({ eventId, ...overrides }), hi, lo, aMoment);
  };
  add("plain");
  add("first", { dedupe: "always" });
  add("x".repeat(128), { dedupe: "always" });
  add("last");
  const contents = builder.finish((play) => encodePlay(play).length);

  const decoded = decodeSegment(encodeSegment(contents));

  expect(decoded.marked).toEqual({ play: [1, 2], id: ["first", "x".repeat(128)] });
  expect(encodeSegment(contents).length).toBeLessThanOrEqual(builder.bytes);
});

test("the longest ids of a full segment stay below the byte count", () => {
  const builder = new SegmentBuilder();
  for (let i = 0; builder.bytes < 192 * 1024; i++) {
    const eventId = String(i).padStart(128, "x");
    builder.addPlay(aPlay({ eventId, dedupe: "always" }), i, i, aMoment);
  }

  const encoded = encodeSegment(builder.finish(() => 24 * 1024 + 1)); // no sample, whose share would hide what is missing

  expect(encoded.length).toBeLessThanOrEqual(builder.bytes - 24 * 1024);
});

test.each([
  [undefined, 200_000, 0],
  [100_000, undefined, 0],
  [0, 200_000, 1],
  [19_999, 200_000, 1],
  [20_000, 200_000, 2],
  [199_999, 200_000, 10],
  [200_000, 200_000, 11],
  [300_000, 200_000, 11],
])("of %s ms played of %s the facts say %d", (msPlayed, durationMs, tenth) => {
  const builder = new SegmentBuilder();
  builder.addPlay(
    aPlay({
      ...(msPlayed !== undefined && { msPlayed }),
      track: durationMs === undefined ? {} : { durationMs },
    }),
    1,
    2,
    aMoment,
  );

  expect(builder.finish(() => 1).facts.tenth).toEqual(Uint8Array.of(tenth));
});

/** As an Earworm without marked plays wrote it: a play and a duplicate, and no sample. */
const versionOne =
  "0101010100000075040101000002000000736101000000000001000080a89f8dbf68c0d1a68dbf6800010000000001000000" +
  "0200000001c2d1a68dbf680300000004000000000000000000";
/** As an Earworm without tenths wrote it: a marked play that was heard by half, in full in the sample, and a duplicate. */
const versionTwo =
  "0201010100000075040101000002000000736101000000000001000080a89f8dbf68c0d1a68dbf68a08d0605000000000100" +
  "00000200000001c2d1a68dbf6803000000040000000001a601a60000007b22736368656d61223a22706c61792e7631222c22" +
  "6576656e745f6964223a2265222c22757365725f6964223a2275222c22747261636b223a7b226964223a2273222c22617274" +
  "697374223a2261222c226475726174696f6e5f6d73223a3230303030307d2c22737461727465645f6174223a313739353137" +
  "363030303030302c226d735f706c61796564223a3130303030302c22646564757065223a22616c77617973227d0101010000" +
  "006500";

test.each([
  ["1", versionOne, aPlay({ userId: "u", track: { id: "s", artist: "a" } }), 0],
  [
    "2",
    versionTwo,
    aPlay({
      ...{ eventId: "e", userId: "u", msPlayed: 100_000, dedupe: "always" },
      track: { id: "s", artist: "a", durationMs: 200_000 },
    }),
    1000,
  ],
])(
  "a segment of version %s is read as it was written, and knows no tenths",
  (_, hex, play, encodedLength) => {
    const builder = new SegmentBuilder();
    builder.addPlay(play, 1, 2, (someTime + 60_000) as EpochMs);
    builder.addDuplicate(3, 4, (someTime + 60_001) as EpochMs);
    const contents = builder.finish(() => encodedLength || 24 * 1024 + 1);

    const decoded = decodeSegment(Buffer.from(hex, "hex"));

    expect(decoded).toEqual({ ...contents, facts: { ...contents.facts, tenth: new Uint8Array(1) } });
  },
);

test("a segment of a version that is not known is a corruption", () => {
  const encoded = encodeSegment(new SegmentBuilder().finish(() => 0));
  for (const version of [0, 4]) {
    encoded[0] = version;

    expect(() => decodeSegment(encoded)).toThrow(CorruptStoreError);
  }
});

test("bytes that are no segment are a corruption, not a crash", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.tuple(someSegment, fc.nat()).map(([{ contents }, at]) => {
      const encoded = encodeSegment(contents);
      return encoded.slice(0, at % encoded.length);
    }),
  );
  fc.assert(
    fc.property(bytes, (body) => {
      expect(() => decodeSegment(body)).toThrow(CorruptStoreError);
    }),
  );
});

/** Names of which several have the same bytes in a row, cut elsewhere. */
const someName = fc.constantFrom("a", "ab", "b", "bc", "é", "日本", "🎵", "x🎵y", "c".repeat(128));
const someNames = fc.array(
  fc.record({ user: someName, id: someName, artist: someName, title: fc.oneof(someName, fc.constant("")) }),
  { maxLength: 12 },
);

test("names that are known from segments before are those that a segment says", () => {
  fc.assert(
    fc.property(fc.array(someNames, { maxLength: 6 }), (segments) => {
      const known = new KnownNames();
      const seen = new Set<unknown>();
      for (const names of segments) {
        const builder = new SegmentBuilder();
        for (const { user, ...track } of names)
          builder.addPlay(aPlay({ userId: user, track }), 1, 2, aMoment);
        const body = encodeSegment(builder.finish(() => 100));
        const expected = decodeSegment(body);

        const { users, tracks, facts, ...rest } = decodeSegment(body, known);

        expect(Array.from(facts.user, (user) => users[user])).toEqual(
          Array.from(expected.facts.user, (user) => expected.users[user]),
        );
        expect(Array.from(facts.track, (track) => tracks[track])).toEqual(
          Array.from(expected.facts.track, (track) => expected.tracks[track]),
        );
        expect({ ...rest, startedAt: facts.startedAt }).toMatchObject({
          labels: expected.labels,
          sample: expected.sample,
          startedAt: expected.facts.startedAt,
        });
        for (const track of expected.tracks) seen.add(JSON.stringify(track));
        expect(known.tracks).toHaveLength(seen.size);
        expect(new Set(known.users).size).toBe(known.users.length);
      }
    }),
  );
});

test("half a segment is a corruption for known names too", () => {
  fc.assert(
    fc.property(someSegment, fc.nat(), ({ contents }, at) => {
      const encoded = encodeSegment(contents);

      expect(() => decodeSegment(encoded.slice(0, at % encoded.length), new KnownNames())).toThrow(
        CorruptStoreError,
      );
    }),
  );
});

test("names that end within a character are a corruption", () => {
  const builder = new SegmentBuilder();
  builder.addPlay(aPlay({ userId: "🎵🎵" }), 1, 2, aMoment);
  const encoded = encodeSegment(builder.finish(() => 100));
  encoded[2] = 3; // UTF-16 units of the first listener

  expect(() => decodeSegment(encoded, new KnownNames())).toThrow(CorruptStoreError);
});
