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
 * Whether a window's chart may take in a candidate of this score, or has to be told of it because it is there. Whoever is
 * refused would have changed nothing: most of what an epoch touches is in no chart, and need not be made a candidate.
 */
export type Admission = (window: WindowId, id: string, score: bigint | number) => boolean;

const everybody: Admission = () => true;

/**
 * The charts' candidates that follow from what an epoch added (`delta`) and the totals that came of it (`counter`).
 * A window that the epoch did not touch is nominated too when its entry may look different: what decays shows all-time
 * figures, `rising` depends on many hours, and an earlier first play or another label moves a song among equals everywhere.
 *
 * @param id and artist of the entry; a song's label wins over `artist`
 * @param admits whom the charts have a use for
 */
export function nominate(
  id: string,
  artist: string,
  delta: CounterDelta,
  counter: Counter,
  now: EpochMs,
  admits: Admission = everybody,
): readonly Nomination[] {
  const { totals } = counter;
  const { firstPlayedAt } = totals;
  if (firstPlayedAt === undefined) return []; // nothing qualified yet
  const name = { id, ...labelOf(totals, artist), firstPlayedAt };
  const isIn = (window: WindowId, score: bigint | number): boolean =>
    !isExpired(window, now) && admits(window, id, score);
  const nominations: Nomination[] = [];
  if (isIn(allTime, totals.plays))
    nominations.push({ window: allTime, candidate: candidateOf(name, BigInt(totals.plays), totals) });
  const touched = changesIdentity(delta.totals, totals) ? totals.windows : delta.totals.windows;
  for (const [window, share] of totals.windows) {
    if (touched.has(window) && isIn(window, share.plays))
      nominations.push({ window, candidate: candidateOf(name, BigInt(share.plays), share) });
  }
  for (const [window, score] of totals.decays)
    if (isIn(window, score)) nominations.push({ window, candidate: candidateOf(name, score, totals) });
  for (const window of totals.listeners.keys()) {
    const risen = riseOf(totals, window);
    if (isIn(window, risen?.score ?? 0n))
      nominations.push({ window, candidate: risingCandidate(name, window, totals, risen) });
  }
  return nominations;
}

const labelOf = ({ label }: Totals, artist: string): Pick<Candidate, "title" | "artist"> => ({
  title: label?.title ?? "",
  artist: label?.artist ?? artist,
});

type Named = Pick<Candidate, "id" | "title" | "artist" | "firstPlayedAt">;

/** Field by field: an epoch makes some ten for each counter that it touches, and spreading takes several times as long. */
const candidateOf = (
  { id, title, artist, firstPlayedAt }: Named,
  score: bigint,
  { plays, listenedMs }: WindowTotals,
): Candidate => ({ id, title, artist, score, plays, listenedMs, firstPlayedAt });

/** Who does not rise has a score of 0, to leave the chart. */
function risingCandidate(
  name: Named,
  window: WindowId,
  totals: Totals,
  risen: ReturnType<typeof riseOf>,
): Candidate {
  const share = totals.windows.get(hourOf(window)) ?? noShare;
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
