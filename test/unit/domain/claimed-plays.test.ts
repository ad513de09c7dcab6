import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leaveOutRepeats, readCounted } from "#src/domain/claimed-plays.ts";
import { CounterFold } from "#src/domain/counter-fold.ts";
import type { EpochRecord } from "#src/domain/epoch.ts";
import { StoreError } from "#src/domain/errors.ts";
import { hash64 } from "#src/domain/hash64.ts";
import { ListenerFold } from "#src/domain/listener-fold.ts";
import { type EventId, judge, type Play } from "#src/domain/play.ts";
import { origin, positionAt } from "#src/domain/position.ts";
import { playsIn } from "#src/domain/profile-plays.ts";
import type { Segment, SegmentContents } from "#src/domain/segment.ts";
import { SegmentBuilder } from "#src/domain/segment-builder.ts";
import { addTotals, noTotals } from "#src/domain/totals.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { decodeSegment, encodeSegment } from "#src/wire/segment-codec.ts";
import { aMoment, somePlays } from "#test/support/arbitraries.ts";
import { aPlay } from "#test/support/builders.ts";
import { aHead, anEpoch } from "#test/support/published.ts";

function segmentOf(plays: readonly Play[]): SegmentContents {
  const builder = new SegmentBuilder();
  for (const play of plays) {
    const { hi, lo } = hash64(play.eventId, { hi: 0, lo: 0 });
    builder.addPlay(play, hi, lo, aMoment);
  }
  return builder.finish((play) => encodePlay(play).length);
}

/** Everything that is counted from a segment. */
function countedFrom(contents: SegmentContents) {
  const counters = new CounterFold(aMoment);
  counters.add(contents);
  const listeners = new ListenerFold();
  listeners.add(contents);
  return {
    counters: [...counters.deltas()].map(({ key, totals }) => ({ key, totals: addTotals(noTotals, totals) })),
    profiles: [...listeners.deltas()].map((delta) => ({ ...delta, played: playsIn(delta.played) })),
  };
}

const isMarked = ({ dedupe }: Play): boolean => dedupe === "always";
const own = (...ids: readonly string[]): Set<EventId> => new Set(ids) as Set<string> as Set<EventId>;
const marked = (eventId: string): Play => aPlay({ eventId, dedupe: "always" });

describe("leaving repeats out", () => {
  test("is as if they had never been in the segment", () => {
    fc.assert(
      fc.property(somePlays(), fc.func(fc.boolean()), (plays, isOwn) => {
        const claimed = plays.filter(({ eventId }) => isOwn(eventId));
        const kept = plays.filter((play) => !isMarked(play) || isOwn(play.eventId));
        const left = plays.filter((play) => !kept.includes(play));
        const sample = segmentOf(plays).sample;

        const { contents, repeats } = leaveOutRepeats(
          segmentOf(plays),
          own(...claimed.map(({ eventId }) => eventId)),
        );

        expect(countedFrom(contents)).toEqual(countedFrom(segmentOf(kept)));
        const { users, facts } = contents;
        expect(Array.from(facts.user, (user) => users[user])).toEqual(kept.map(({ userId }) => userId));
        expect(contents.sample).toEqual(sample.filter(({ play }) => !left.includes(play)));
        const qualified = left.filter((play) => judge(play).qualified).length;
        expect(repeats).toEqual({ plays: qualified, unqualified: left.length - qualified });
      }),
    );
  });

  test("keeps duplicates and rejects, which are no repeats", () => {
    const contents: SegmentContents = {
      ...segmentOf([marked("a")]),
      duplicates: {
        arrivedAt: Float64Array.of(aMoment),
        idHi: Uint32Array.of(1),
        idLo: Uint32Array.of(2),
      },
      rejects: [
        {
          ...{ sequenceNumber: "1", entry: 0, chunk: 0, chunks: 1, arrivedAt: aMoment, reason: "r" },
          raw: new Uint8Array(3),
        },
      ],
    };

    const { contents: counted } = leaveOutRepeats(contents, own());

    expect(counted.duplicates).toBe(contents.duplicates);
    expect(counted.rejects).toBe(contents.rejects);
  });

  test("counts the first of an id, in this segment or one before, and no other", () => {
    const left = own("a", "b");

    const first = leaveOutRepeats(segmentOf([marked("b"), marked("a"), marked("a")]), left);
    const second = leaveOutRepeats(segmentOf([marked("a"), marked("b")]), left);

    expect(first.contents.facts.user).toHaveLength(2);
    expect(first.contents.sample.map(({ play }) => play.eventId)).toEqual(["b", "a"]);
    expect(second.contents.facts.user).toHaveLength(0);
    expect([first.repeats, second.repeats]).toEqual([
      { plays: 1, unqualified: 0 },
      { plays: 2, unqualified: 0 },
    ]);
  });

  test("does not look at plays without a mark", () => {
    const { contents, repeats } = leaveOutRepeats(
      segmentOf([aPlay({ eventId: "a" }), marked("a")]),
      own("a"),
    );

    expect(contents.facts.user).toHaveLength(2);
    expect(repeats).toEqual({ plays: 0, unqualified: 0 });
  });
});

describe("reading what counts of an epoch", () => {
  /** One shard with a segment for each list of plays. */
  function anEpochOf(...segments: readonly (readonly Play[])[]) {
    const head = (n: number) => ({
      ...aHead({ plays: segments.slice(0, n).flat().length }),
      position: n === 0 ? origin : positionAt(String(n), 1),
    });
    const stored = segments.map((plays, i): Segment => {
      const body = encodeSegment(segmentOf(plays));
      return { head: head(i + 1), previous: head(i).position, writtenAt: aMoment, body };
    });
    const record = anEpoch(1, { to: [head(segments.length)] });
    return { record, stored };
  }

  async function read(
    record: EpochRecord,
    stored: readonly Segment[],
    claimed: (ids: readonly EventId[]) => Promise<ReadonlySet<EventId>>,
  ) {
    const source = {
      async *readRange() {
        yield* await Promise.resolve(stored);
      },
    };
    const sizes: number[] = [];
    for await (const { contents } of readCounted(record, source, decodeSegment, claimed))
      sizes.push(contents.facts.user.length);
    return sizes;
  }

  test("asks nobody where no play is marked", async () => {
    const { record, stored } = anEpochOf([aPlay()], [aPlay(), aPlay()]);

    expect(await read(record, stored, () => Promise.reject(new Error("asked")))).toEqual([1, 2]);
  });

  test("asks once for all marked plays, each id once, and counts each id once", async () => {
    const { record, stored } = anEpochOf([marked("a"), aPlay()], [aPlay()], [marked("a"), marked("b")]);
    const asked: (readonly EventId[])[] = [];

    const sizes = await read(record, stored, (ids) => {
      asked.push(ids);
      return Promise.resolve(own("a"));
    });

    expect(asked).toEqual([["a", "b"]]);
    expect(sizes).toEqual([1, 2, 0]);
  });

  test("asks only after every segment was read: a gap throws before (I4)", async () => {
    const { record, stored } = anEpochOf([marked("a")], [marked("b")], [marked("c")]);
    for (const missing of [0, 1, 2]) {
      let hasAsked = false;
      const holed = stored.filter((_, i) => i !== missing);

      const reading = read(record, holed, () => {
        hasAsked = true;
        return Promise.resolve(own());
      });

      await expect(reading).rejects.toThrow(StoreError);
      expect(hasAsked).toBe(false);
    }
  });
});
