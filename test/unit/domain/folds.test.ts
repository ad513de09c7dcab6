import fc from "fast-check";
import { expect, test } from "vitest";
import { allSongsKey, type CounterDelta, repeatedKey, songKey } from "#src/domain/counter.ts";
import { CounterFold, sumDeltas } from "#src/domain/counter-fold.ts";
import { decayWeight, landmarkAt } from "#src/domain/decay.ts";
import { hash64 } from "#src/domain/hash64.ts";
import { ListenerFold } from "#src/domain/listener-fold.ts";
import { sketchOf } from "#src/domain/listener-sketch.ts";
import type { ArtistName, EpochMs, EventId, Play, TrackId } from "#src/domain/play.ts";
import { addProfiles, type Profile } from "#src/domain/profile.ts";
import { playsIn, profileOf } from "#src/domain/profile-plays.ts";
import type { SegmentContents } from "#src/domain/segment.ts";
import { SegmentBuilder } from "#src/domain/segment-builder.ts";
import { addTotals, noTotals, type Totals } from "#src/domain/totals.ts";
import { currentWindows, dayMs } from "#src/domain/windows.ts";
import { aMoment, somePlays } from "#test/support/arbitraries.ts";
import { aPlay } from "#test/support/builders.ts";
import { naiveTotals } from "#test/support/naive-totals.ts";

const arrivedAt = (aMoment + 60_000) as EpochMs;

function segmentOf(plays: readonly Play[], at: EpochMs = arrivedAt): SegmentContents {
  const builder = new SegmentBuilder();
  for (const play of plays) {
    const { hi, lo } = hash64(play.eventId, { hi: 0, lo: 0 });
    builder.addPlay(play, hi, lo, at);
  }
  return builder.finish(() => 100);
}

function countersOf(...segments: readonly SegmentContents[]): Map<string, Totals> {
  const fold = new CounterFold(arrivedAt);
  for (const segment of segments) fold.add(segment);
  return plain([...fold.deltas(), ...sumDeltas(fold.songSums, fold.repeats)]);
}

/** A tally's maps are getters. */
const plain = (deltas: readonly CounterDelta[]): Map<string, Totals> =>
  new Map(deltas.map(({ key, totals }) => [key, addTotals(noTotals, totals)]));

function profilesOf(...segments: readonly SegmentContents[]): Map<string, Profile> {
  const fold = new ListenerFold();
  for (const segment of segments) fold.add(segment);
  return new Map(
    [...fold.deltas()].map(({ userId, played }) => [userId, profileOf(userId, playsIn(played))]),
  );
}

function merged<V>(a: Map<string, V>, b: Map<string, V>, add: (x: V, y: V) => V): Map<string, V> {
  const sum = new Map(a);
  for (const [key, value] of b) {
    const mine = sum.get(key);
    sum.set(key, mine === undefined ? value : add(mine, value));
  }
  return sum;
}

test("counting plays together equals adding what is counted apart, wherever they are cut and in any order", () => {
  fc.assert(
    fc.property(somePlays(), somePlays(), (a, b) => {
      const together = countersOf(segmentOf([...a, ...b]));

      expect(countersOf(segmentOf(b), segmentOf(a))).toEqual(together);
      expect(merged(countersOf(segmentOf(a)), countersOf(segmentOf(b)), addTotals)).toEqual(together);
    }),
  );
});

test("the totals of plays of any age, at any time of arrival, are those of each play added one by one", () => {
  const age = fc.oneof(fc.integer({ min: 0, max: 3 * dayMs }), fc.integer({ min: 0, max: 80 * dayMs }));
  const delay = fc.oneof(fc.constantFrom(0, -60_000), fc.integer({ min: 0, max: 60 * dayMs }));
  const someArrived = somePlays(80).chain((plays) =>
    fc.tuple(...plays.map((play) => fc.record({ play: fc.constant(play), age, delay }))),
  );
  fc.assert(
    fc.property(someArrived, fc.integer({ min: 1, max: 4 }), (drawn, parts) => {
      const plays = drawn.map(({ play, age, delay }) => {
        const startedAt = (arrivedAt - age) as EpochMs;
        return { play: { ...play, startedAt }, arrivedAt: (startedAt + delay) as EpochMs };
      });
      const segments = Array.from({ length: parts }, (_, part) => {
        const builder = new SegmentBuilder();
        const mine = plays.filter((_, i) => i % parts === part);
        for (const { play, arrivedAt } of mine) {
          const { hi, lo } = hash64(play.eventId, { hi: 0, lo: 0 });
          builder.addPlay(play, hi, lo, arrivedAt);
        }
        return builder.finish(() => 100);
      });

      const counters = countersOf(...segments);
      counters.delete(allSongsKey);

      expect(counters).toEqual(naiveTotals(plays, arrivedAt));
    }),
  );
});

test("a song that was played in thousands of hours, in no order, has each of them", () => {
  const hours = Array.from({ length: 3000 }, (_, n) => ((n * 1237) % 3000) % 90);
  const plays = hours.map((hour, n) => ({
    play: { ...aPlay({ startedAt: (aMoment - hour * 3_600_000) as EpochMs }), eventId: `e${n}` as EventId },
    arrivedAt: (aMoment - hour * 3_600_000) as EpochMs,
  }));
  const builder = new SegmentBuilder();
  for (const { play, arrivedAt } of plays) builder.addPlay(play, 0, 0, arrivedAt);

  const counters = countersOf(builder.finish(() => 100));
  counters.delete(allSongsKey);

  expect(counters).toEqual(naiveTotals(plays, arrivedAt));
  expect(counters.get(songKey(aPlay().track.id))?.windows.size).toBeGreaterThan(90);
});

test("decay scores are exact beyond what a number holds", () => {
  const startedAt = (Math.ceil(aMoment / dayMs) * dayMs - 60_000) as EpochMs; // heaviest in the landmark's last minute
  const plays = Array.from({ length: 20_000 }, (_, n) => ({
    ...aPlay({ startedAt }),
    eventId: `e${n}` as EventId,
  }));

  const song = countersOf(segmentOf(plays, startedAt)).get(songKey(aPlay().track.id));

  const weight = BigInt(decayWeight("hot", startedAt, landmarkAt("hot", startedAt)));
  expect(weight * 20_000n).toBeGreaterThan(2n ** 53n);
  expect(song?.decays.get(currentWindows(startedAt).hot)).toBe(weight * 20_000n);
});

test("beside the songs' totals stands what they add up to, for every play exactly once", () => {
  fc.assert(
    fc.property(somePlays(), (plays) => {
      const counters = countersOf(segmentOf(plays));
      const songs = [...counters].filter(([key]) => key.startsWith("SONG#")).map(([, totals]) => totals);
      const {
        windows: _windows,
        decays: _decays,
        listeners: _listeners,
        label: _label,
        tenths: _tenths,
        ...sums
      } = songs.reduce(addTotals, noTotals);

      const all = counters.get(allSongsKey) ?? noTotals;

      expect(all).toMatchObject(sums);
      expect(all.plays + all.unqualified).toBe(plays.length);
      expect(all.windows.size + all.decays.size + all.listeners.size + all.tenths.length).toBe(0);
    }),
  );
});

test("what workers count of their own is each counter once, and their sums are those of all", () => {
  fc.assert(
    fc.property(somePlays(), fc.integer({ min: 2, max: 9 }), (plays, workers) => {
      const segments = [segmentOf(plays.slice(0, 20)), segmentOf(plays.slice(20))];
      const folds = Array.from({ length: workers }, (_, worker) => {
        const fold = new CounterFold(arrivedAt, { worker, workers });
        for (const segment of segments) fold.add(segment);
        return fold;
      });

      const deltas = folds.flatMap((fold) => [...fold.deltas()]);
      const sums = sumDeltas(
        folds.flatMap((fold) => fold.songSums),
        { plays: 0, unqualified: 0 },
      );

      expect(new Set(deltas.map(({ key }) => key)).size).toBe(deltas.length);
      expect(plain([...deltas, ...sums])).toEqual(countersOf(...segments));
    }),
  );
});

test("deltas come in the order of their keys, as many as the fold says, songs among them", () => {
  fc.assert(
    fc.property(somePlays(), (plays) => {
      const fold = new CounterFold(arrivedAt);
      fold.add(segmentOf(plays));

      const keys = [...fold.deltas()].map(({ key }) => key);

      expect(keys).toEqual([...keys].sort());
      expect(fold.size).toBe(keys.length);
      expect(fold.songs).toBe(keys.filter((key) => key.startsWith("SONG#")).length);
    }),
  );
});

test("profiling plays together equals adding what is profiled apart, wherever they are cut and in any order", () => {
  fc.assert(
    fc.property(somePlays(), somePlays(), (a, b) => {
      const together = profilesOf(segmentOf([...a, ...b]));

      expect(profilesOf(segmentOf(b), segmentOf(a))).toEqual(together);
      expect(merged(profilesOf(segmentOf(a)), profilesOf(segmentOf(b)), addProfiles)).toEqual(together);
    }),
  );
});

test("a listener of more artists and tracks than a profile keeps is cut alike, wherever the plays are cut", () => {
  const [play] = fc.sample(somePlays(1, 1), 1)[0] ?? [];
  if (play === undefined) throw new Error("no sample");
  const plays = Array.from({ length: 36_000 }, (_, i): Play => {
    const track = {
      ...play.track,
      id: `track-${i}`.padEnd(120) as TrackId,
      artist: `artist-${i}` as ArtistName,
    };
    return {
      ...play,
      eventId: `e-${i}` as EventId,
      track,
      startedAt: (aMoment - i) as EpochMs,
      msPlayed: 60_000,
    };
  });
  const parts = [plays.slice(0, 30_000), plays.slice(30_000, 34_000), plays.slice(34_000)].map((some) =>
    segmentOf(some),
  );

  const together = profilesOf(...parts);
  const apart = parts.map((part) => profilesOf(part)).reduceRight((a, b) => merged(a, b, addProfiles));

  const profile = together.get(play.userId);
  expect(profile).toMatchObject({
    plays: 36_000,
    artistsEnd: expect.any(String),
    heardEnd: expect.any(String),
  });
  expect(apart).toEqual(together);
});

test("plays that are left out are summed in a counter of their own, and in no other", () => {
  const fold = new CounterFold(arrivedAt);
  fold.addRepeats({ plays: 2, unqualified: 1 });
  fold.addRepeats({ plays: 0, unqualified: 0 });
  fold.addRepeats({ plays: 0, unqualified: 4 });

  expect(sumDeltas(fold.songSums, fold.repeats)).toEqual([
    { key: repeatedKey, totals: { ...noTotals, plays: 2, unqualified: 5 } },
  ]);
  expect([...fold.deltas()]).toEqual([]);
  expect(sumDeltas([], { plays: 0, unqualified: 0 })).toEqual([]);
});

test("a play that is too short counts in listened time, skips and heard tracks, and in nothing else", () => {
  const [play] = fc.sample(somePlays(1, 1), 1)[0] ?? [];
  if (play === undefined) throw new Error("no sample");
  const short = segmentOf([{ ...play, startedAt: aMoment, msPlayed: 29_999, endReason: "skip" }]);

  const song = countersOf(short).get(`SONG#${play.track.id}`);
  const profile = profilesOf(short).get(play.userId);

  expect(song).toMatchObject({
    plays: 0,
    unqualified: 1,
    listenedMs: 29_999,
    skips: 1,
    firstPlayedAt: undefined,
  });
  expect([...(song?.windows.values() ?? [])]).toEqual(Array(3).fill({ plays: 0, listenedMs: 29_999 }));
  expect(song?.decays.size).toBe(0);
  expect(song?.listeners.size).toBe(0);
  expect(profile).toMatchObject({ plays: 0, unqualified: 1, listenedMs: 29_999, skips: 1 });
  expect(profile?.artists.size).toBe(0);
  expect(profile?.heard.has(play.track.id)).toBe(true);
});

test("a play that arrives after a window's grace counts in the windows that are still open", () => {
  const [play] = fc.sample(somePlays(1, 1), 1)[0] ?? [];
  if (play === undefined) throw new Error("no sample");
  const started = { ...play, startedAt: aMoment };
  const windowsAt = (iso: string) => {
    const song = countersOf(segmentOf([started], Date.parse(iso) as EpochMs)).get(`SONG#${play.track.id}`);
    return [...(song?.windows.keys() ?? [])];
  };

  expect(windowsAt("2026-11-22T14:59:59.999Z")).toEqual(["h.2026112014", "d.20261120", "w.2026W47"]);
  expect(windowsAt("2026-11-22T15:00:00Z")).toEqual(["d.20261120", "w.2026W47"]);
  expect(windowsAt("2026-11-29T00:00:00Z")).toEqual(["w.2026W47"]);
  expect(windowsAt("2026-12-28T00:00:00Z")).toEqual([]);
});

test("who plays a song or an artist is noted for the hours that are not over, and for nothing else", () => {
  const [play] = fc.sample(somePlays(1, 1), 1)[0] ?? [];
  if (play === undefined) throw new Error("no sample");
  const heard = (userId: string, startedAt: number) =>
    ({ ...play, eventId: `${userId}-${startedAt}`, userId, startedAt, msPlayed: 60_000 }) as Play;
  const counters = countersOf(
    segmentOf([
      heard("ann", aMoment - 1),
      heard("ann", aMoment),
      heard("ann", aMoment + 1),
      heard("bob", aMoment + 2),
      heard("cid", aMoment + 3_600_000),
    ]),
  );

  const listeners = new Map([
    ["r.2026112014", sketchOf("ann") | sketchOf("bob")],
    ["r.2026112015", sketchOf("cid")],
  ]);
  for (const [key, totals] of counters) {
    const isCharted = /^(SONG|ARTIST)#/.test(key);
    expect(totals.listeners).toEqual(isCharted ? listeners : new Map());
  }
  expect(counters.size).toBeGreaterThanOrEqual(3);
});
