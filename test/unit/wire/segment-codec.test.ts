import fc from "fast-check";
import { expect, test } from "vitest";
import { CorruptStoreError } from "#src/domain/errors.ts";
import { hash64 } from "#src/domain/hash64.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { SegmentBuilder } from "#src/domain/segment-builder.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { decodeSegment, encodeSegment } from "#src/wire/segment-codec.ts";
import { aMoment, somePlays } from "#test/support/arbitraries.ts";

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
