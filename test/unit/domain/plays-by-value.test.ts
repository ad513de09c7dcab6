import fc from "fast-check";
import { expect, test } from "vitest";
import { type Dimension, dimensions } from "#src/domain/counter.ts";
import { hash64 } from "#src/domain/hash64.ts";
import { judge, type Play } from "#src/domain/play.ts";
import { PlaysByValueFold } from "#src/domain/plays-by-value.ts";
import type { SegmentContents } from "#src/domain/segment.ts";
import { SegmentBuilder } from "#src/domain/segment-builder.ts";
import { dayMs, startOfDay } from "#src/domain/windows.ts";
import { aMoment, somePlays } from "#test/support/arbitraries.ts";

function segmentOf(plays: readonly Play[]): SegmentContents {
  const builder = new SegmentBuilder();
  for (const play of plays) {
    const { hi, lo } = hash64(play.eventId, { hi: 0, lo: 0 });
    builder.addPlay(play, hi, lo, aMoment);
  }
  return builder.finish(() => 1);
}

const today = startOfDay(aMoment);
const isCounted = (play: Play): boolean =>
  play.startedAt >= today && play.startedAt < today + dayMs && judge(play).qualified;

function valueIn({ track, platform, mood, geo }: Play, dimension: Dimension): string | undefined {
  return { genre: track.genre, platform, mood, country: geo?.country }[dimension];
}

/** Plays by value and song, as lines of text. */
function countOneByOne(plays: readonly Play[], dimension: Dimension): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const play of plays.filter(isCounted)) {
    const value = valueIn(play, dimension);
    const pair = `${value} ${play.track.id}`;
    if (value) times.set(pair, (times.get(pair) ?? 0) + 1);
  }
  return times;
}

function countedBy(fold: PlaysByValueFold, dimension: Dimension): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const [value, { ids, counts, total, nameOf, numberOf }] of fold.byValue(dimension)) {
    for (const [i, song] of Array.from(ids).entries()) {
      const { id } = nameOf(song);
      expect(numberOf(id)).toBe(song);
      times.set(`${value} ${id}`, counts[i] ?? 0);
    }
    expect(total).toBe(Array.from(counts).reduce((sum, count) => sum + count, 0));
  }
  return times;
}

test("plays of a day count once for each of their values, whatever segments they are in and however often it is asked", () => {
  fc.assert(
    fc.property(fc.array(somePlays(40), { minLength: 1, maxLength: 4 }), (parts) => {
      const fold = new PlaysByValueFold(today);
      for (const part of parts) {
        fold.add(segmentOf(part), new Set());
        for (const dimension of dimensions) fold.byValue(dimension);
      }

      expect(fold.plays).toBe(parts.flat().filter(isCounted).length);
      for (const dimension of dimensions)
        expect(countedBy(fold, dimension)).toEqual(countOneByOne(parts.flat(), dimension));
    }),
  );
});

test("plays that are left out do not count", () => {
  fc.assert(
    fc.property(somePlays(40), fc.func(fc.boolean()), (plays, isLeftOut) => {
      const leftOut = new Set(plays.flatMap((_, i) => (isLeftOut(i) ? [i] : [])));
      const fold = new PlaysByValueFold(today);

      fold.add(segmentOf(plays), leftOut);

      const kept = plays.filter((_, i) => !leftOut.has(i));
      for (const dimension of dimensions)
        expect(countedBy(fold, dimension)).toEqual(countOneByOne(kept, dimension));
    }),
  );
});
