import type { Candidate } from "./chart.ts";
import type { Counter, CounterDelta } from "./counter.ts";
import type { EpochMs } from "./play.ts";
import type { Profile } from "./profile.ts";
import { riseOf } from "./rising.ts";
import { compareLabels, type Totals } from "./totals.ts";
import { allTime, hourWindow, isExpired, startOfHour, type WindowId } from "./windows.ts";

/** A candidate and the chart's window it belongs to. */
export interface Nomination {
  readonly window: WindowId;
  readonly candidate: Candidate;
}

/**
 * The charts' candidates that follow from what an epoch added (`delta`) and the totals that came of it (`counter`).
 * A window that the epoch did not touch is nominated too when its entry may look different: what decays shows all-time
 * figures, `rising` depends on many hours, and an earlier first play or another label moves a song among equals everywhere.
 *
 * @param id and name what the entry is called; a song's label wins over `name`
 */
export function nominate(
  id: string,
  artist: string,
  delta: CounterDelta,
  counter: Counter,
  now: EpochMs,
): readonly Nomination[] {
  const { totals } = counter;
  const { firstPlayedAt, label } = totals;
  if (firstPlayedAt === undefined) return []; // nothing qualified yet
  const base = { id, artist: label?.artist ?? artist, title: label?.title ?? "", firstPlayedAt };
  const overall = { plays: totals.plays, listenedMs: totals.listenedMs };
  const nominations: Nomination[] = [
    { window: allTime, candidate: { ...base, ...overall, score: BigInt(totals.plays) } },
  ];
  const mayLookDifferent = changesIdentity(delta.totals, totals);
  for (const [window, share] of totals.windows) {
    if (!mayLookDifferent && !delta.totals.windows.has(window)) continue;
    if (isExpired(window, now)) continue;
    nominations.push({ window, candidate: { ...base, ...share, score: BigInt(share.plays) } });
  }
  for (const [window, score] of totals.decays) {
    if (!isExpired(window, now)) nominations.push({ window, candidate: { ...base, ...overall, score } });
  }
  const open = [...totals.listeners.keys()].filter((window) => !isExpired(window, now));
  return nominations.concat(open.map((window) => nominateRising(window, base, totals)));
}

/** Who does not rise is nominated with a score of 0, to leave the chart. */
function nominateRising(
  window: WindowId,
  base: Pick<Candidate, "id" | "artist" | "title" | "firstPlayedAt">,
  totals: Totals,
): Nomination {
  const share = totals.windows.get(hourWindow(startOfHour(window))) ?? { plays: 0, listenedMs: 0 };
  return { window, candidate: { ...base, ...share, score: 0n, ...riseOf(totals, window) } };
}

/** The listener's place in the chart of listeners: by listened time, then first heard earlier, then id (I7). */
export function nominateListener(profile: Profile): Candidate {
  return {
    id: profile.userId,
    artist: "",
    title: "",
    score: BigInt(profile.listenedMs),
    plays: profile.plays,
    listenedMs: profile.listenedMs,
    firstPlayedAt: profile.firstHeardAt,
  };
}

/** Whether the minima that hold now may have come with this delta. */
function changesIdentity(delta: Totals, now: Totals): boolean {
  if (delta.firstPlayedAt !== undefined && delta.firstPlayedAt === now.firstPlayedAt) return true;
  return delta.label !== undefined && now.label !== undefined && compareLabels(delta.label, now.label) === 0;
}
