import type { Candidate } from "./chart.ts";
import type { Counter, CounterDelta } from "./counter.ts";
import type { EpochMs } from "./play.ts";
import type { ListenerFigures } from "./profile.ts";
import { hourOf, riseOf } from "./rising.ts";
import { compareLabels, type Totals, type WindowTotals } from "./totals.ts";
import { allTime, isExpired, type WindowId } from "./windows.ts";

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
 * @param id and artist of the entry; a song's label wins over `artist`
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
  const name = { id, title: label?.title ?? "", artist: label?.artist ?? artist, firstPlayedAt };
  const nominations = [{ window: allTime, candidate: candidateOf(name, BigInt(totals.plays), totals) }];
  const mayLookDifferent = changesIdentity(delta.totals, totals);
  for (const [window, share] of totals.windows) {
    if (!mayLookDifferent && !delta.totals.windows.has(window)) continue;
    if (isExpired(window, now)) continue;
    nominations.push({ window, candidate: candidateOf(name, BigInt(share.plays), share) });
  }
  for (const [window, score] of totals.decays) {
    if (!isExpired(window, now)) nominations.push({ window, candidate: candidateOf(name, score, totals) });
  }
  for (const window of totals.listeners.keys()) {
    if (!isExpired(window, now))
      nominations.push({ window, candidate: risingCandidate(name, window, totals) });
  }
  return nominations;
}

type Named = Pick<Candidate, "id" | "title" | "artist" | "firstPlayedAt">;

/** Field by field: an epoch makes some ten for each counter that it touches, and spreading takes several times as long. */
const candidateOf = (
  { id, title, artist, firstPlayedAt }: Named,
  score: bigint,
  { plays, listenedMs }: WindowTotals,
): Candidate => ({ id, title, artist, score, plays, listenedMs, firstPlayedAt });

/** Who does not rise has a score of 0, to leave the chart. */
function risingCandidate(name: Named, window: WindowId, totals: Totals): Candidate {
  const share = totals.windows.get(hourOf(window)) ?? noShare;
  const risen = riseOf(totals, window);
  const candidate = candidateOf(name, risen?.score ?? 0n, share);
  return risen === undefined ? candidate : { ...candidate, rise: risen.rise };
}

const noShare: WindowTotals = { plays: 0, listenedMs: 0 };

/** The listener's place in the chart of listeners: by listened time, then first heard earlier, then id (I7). */
export function nominateListener(profile: ListenerFigures): Candidate {
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
