import fc from "fast-check";
import { expect, test } from "vitest";
import { CorruptStoreError } from "#src/domain/errors.ts";
import { hash64 } from "#src/domain/hash64.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { SegmentBuilder } from "#src/domain/segment-builder.ts";
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
    for (const play of plays) {
      const { hi, lo } = hash64(play.eventId, { hi: 0, lo: 0 });
      builder.addPlay(play, hi, lo, aMoment);
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

/** As an Earworm without marked plays wrote it: a play and a duplicate, and no sample. */
const versionOne =
  "0101010100000075040101000002000000736101000000000001000080a89f8dbf68c0d1a68dbf6800010000000001000000" +
  "0200000001c2d1a68dbf680300000004000000000000000000";

test("a segment of version 1 is read as it was written, without marks", () => {
  const builder = new SegmentBuilder();
  const play = aPlay({ userId: "u", track: { id: "s", artist: "a" } });
  builder.addPlay(play, 1, 2, (someTime + 60_000) as EpochMs);
  builder.addDuplicate(3, 4, (someTime + 60_001) as EpochMs);
  const contents = builder.finish(() => 24 * 1024 + 1);

  expect(decodeSegment(Buffer.from(versionOne, "hex"))).toEqual(contents);
  expect(Buffer.from(encodeSegment(contents)).toString("hex")).toBe(versionOne);
});

test("a segment of a version that is not known is a corruption", () => {
  const encoded = encodeSegment(new SegmentBuilder().finish(() => 0));
  for (const version of [0, 3]) {
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
