import { artistKey, dimensionKey, songKey } from "#src/domain/counter.ts";
import { sketchOf } from "#src/domain/listener-sketch.ts";
import { type EpochMs, judge, type Play, tenthOf, tenths } from "#src/domain/play.ts";
import { addTotals, noTotals, type Totals } from "#src/domain/totals.ts";
import { risingWindow, windowShares } from "#src/domain/windows.ts";

export interface ArrivedPlay {
  readonly play: Play;
  readonly arrivedAt: EpochMs;
}

/** What each counter but the sums of all gets from some plays: one play after the other, added one by one. */
export function naiveTotals(plays: readonly ArrivedPlay[], now: EpochMs): Map<string, Totals> {
  const counters = new Map<string, Totals>();
  const add = (key: string, totals: Totals) =>
    counters.set(key, addTotals(counters.get(key) ?? noTotals, totals));
  for (const { play, arrivedAt } of plays) {
    const totals = totalsOf(play, arrivedAt, now);
    const { artist, title = "", genre = "" } = play.track;
    const listeners = listenersOf(play, now);
    const label = { startedAt: play.startedAt, artist, title };
    add(songKey(play.track.id), { ...totals, listeners, label, tenths: tenthsOf(play) });
    add(artistKey(artist), { ...totals, listeners });
    if (genre !== "") add(dimensionKey("genre", genre), totals);
    if (play.platform !== undefined) add(dimensionKey("platform", play.platform), totals);
    if (play.mood !== undefined) add(dimensionKey("mood", play.mood), totals);
    if (play.geo?.country !== undefined) add(dimensionKey("country", play.geo.country), totals);
  }
  return counters;
}

function totalsOf(play: Play, arrivedAt: EpochMs, now: EpochMs): Totals {
  const { qualified, completed, skipped, listenedMs } = judge(play);
  const shares = windowShares(play.startedAt).filter(
    ({ closesAt, dropAt }) => arrivedAt < closesAt && now < dropAt,
  );
  const plays = qualified ? 1 : 0;
  const calendar = shares.filter(({ kind }) => kind === "calendar");
  const decaying = qualified ? shares.filter(({ kind }) => kind === "decay") : [];
  return {
    ...noTotals,
    plays,
    unqualified: 1 - plays,
    listenedMs,
    completes: completed ? 1 : 0,
    skips: skipped ? 1 : 0,
    ratingSum: play.rating === undefined ? 0 : Math.round(play.rating * 100),
    ratingCount: play.rating === undefined ? 0 : 1,
    firstPlayedAt: qualified ? play.startedAt : undefined,
    windows: new Map(calendar.map(({ window }) => [window, { plays, listenedMs }])),
    decays: new Map(decaying.map(({ window, weight }) => [window, BigInt(weight)])),
  };
}

function listenersOf(play: Play, now: EpochMs): Totals["listeners"] {
  const rising = risingWindow(play.startedAt, now);
  return rising !== undefined && judge(play).qualified
    ? new Map([[rising, sketchOf(play.userId)]])
    : noTotals.listeners;
}

function tenthsOf(play: Play): Totals["tenths"] {
  const { pct } = judge(play);
  if (pct === undefined) return [];
  return Array.from({ length: tenths }, (_, tenth) => (tenth === tenthOf(pct) ? 1 : 0));
}
