import { type Departure, departuresAfter } from "./departures.ts";
import type { EpochNumber } from "./epoch.ts";
import type { EpochMs } from "./play.ts";
import type { Rise } from "./rising.ts";
import { compareUtf8 } from "./utf8-order.ts";
import type { WindowId } from "./windows.ts";

/** How many entries a chart keeps (I6). */
export const chartSize = 500;

export const chartLists = [
  "songs",
  "artists",
  "listeners",
  "genres",
  "platforms",
  "moods",
  "countries",
] as const;
export type ChartList = (typeof chartLists)[number];

/** Something that may stand in a chart. */
export interface Candidate {
  /** Track id, artist name, listener id or the value of a dimension. */
  readonly id: string;
  /** Empty for all but a song. */
  readonly title: string;
  /** Empty for a listener or a value. */
  readonly artist: string;
  /**
   * Plays in a calendar window, decay weight in `hot` and `hot24`, listened ms for listeners: never shrinks. In `rising`
   * the score of `riseOf`, which does where plays of the day before come late.
   */
  readonly score: bigint;
  /** Qualified plays in the window; all-time where it decays. */
  readonly plays: number;
  /** Listened time in the window, ms; all-time where it decays. */
  readonly listenedMs: number;
  /** Decides ties; never grows. */
  readonly firstPlayedAt: EpochMs;
  /** In `rising` alone. */
  readonly rise?: Rise;
}

/** A candidate that made it. Its rank is its place in `Chart.entries`, from 1. */
export interface ChartEntry extends Candidate {
  /** The rank in the version before this one; undefined for a new entry. */
  readonly previousRank: number | undefined;
  /** The best rank so far in this chart. */
  readonly peak: number;
  /** Whether it is new in this version and a departure of an earlier one (`Chart.departures`); left out where not. */
  readonly isBack?: true;
}

export interface Chart {
  readonly list: ChartList;
  readonly window: WindowId;
  /** The epoch that last changed it. */
  readonly epoch: EpochNumber;
  /** The version: 1, 2, 3, ... */
  readonly seq: number;
  readonly entries: readonly ChartEntry[];
  /** Who was in it and left, newest first. Like previous ranks and peaks they belong to one store's log (I7). */
  readonly departures: readonly Departure[];
}

/** The one total order (I7): score desc, then first played earlier, then id by UTF-8 bytes. */
export function compareCandidates(a: Candidate, b: Candidate): number {
  if (a.score !== b.score) return a.score > b.score ? -1 : 1;
  return a.firstPlayedAt - b.firstPlayedAt || compareUtf8(a.id, b.id);
}

/** An open chart: the next version of one, or the first. */
export interface ChartDraft {
  readonly previous: Chart | undefined;
  readonly update: ChartUpdate;
  /** The next version, or undefined where the list did not change. */
  finish(epoch: EpochNumber): Chart | undefined;
}

/** @param without ids whose totals may have shrunk: their entries count only once they are offered anew */
export function draftChart(
  list: ChartList,
  window: WindowId,
  previous: Chart | undefined,
  without: ReadonlySet<string> = none,
): ChartDraft {
  const update = new ChartUpdate(previous?.entries ?? [], chartSize, without);
  return {
    previous,
    update,
    finish(epoch) {
      const entries = update.finish();
      if (entries === undefined) return undefined;
      const seq = (previous?.seq ?? 0) + 1;
      // Nobody sees the chart of listeners, and it must not remember one who is forgotten.
      if (list === "listeners") return { list, window, epoch, seq, entries, departures: [] };
      const known = (previous?.departures ?? []).filter(({ id }) => !without.has(id));
      const staying = (previous?.entries ?? []).filter(({ id }) => !without.has(id));
      const departures = departuresAfter(staying, entries, known);
      return { list, window, epoch, seq, entries: markReturns(entries, known), departures };
    },
  };
}

/** The entries with the old peaks of those that are back. */
function markReturns(
  entries: readonly ChartEntry[],
  departures: readonly Departure[],
): readonly ChartEntry[] {
  if (departures.length === 0) return entries;
  const peaks = new Map(departures.map(({ id, peak }) => [id, peak]));
  return entries.map((entry) => {
    const peak = peaks.get(entry.id);
    return peak === undefined ? entry : { ...entry, peak: Math.min(peak, entry.peak), isBack: true };
  });
}

const none: ReadonlySet<string> = new Set();

/**
 * Whether a chart stays exact when entries shrink and only they are offered anew: unless it is full and loses one of them,
 * for then somebody who never was in it may come next (I6).
 */
export function isExactWithout(previous: readonly ChartEntry[], shrunk: ReadonlySet<string>): boolean {
  return previous.length < chartSize || !previous.some(({ id }) => shrunk.has(id));
}

/**
 * Turns a chart and the candidates that changed into the next chart. Exact without seeing the untouched rest, because
 * scores only grow and first plays only get earlier: whoever is in the new chart was in the old one or has changed (I6).
 * What comes of it does not depend on the order in which they are offered, nor on a detour over `offered`.
 */
export class ChartUpdate {
  readonly #previous: readonly ChartEntry[];
  readonly #size: number;
  /** Entries of the chart, with the newest totals of those that were offered. */
  readonly #present: Map<string, Candidate>;
  /** Those of the chart that were offered. */
  readonly #changed = new Set<string>();
  /** Those that were offered and are not in the chart. */
  readonly #entering = new Map<string, Candidate>();
  /** The last candidate of a full chart: who ranks behind it cannot enter. */
  #threshold: Candidate | undefined;

  constructor(
    previous: readonly ChartEntry[],
    size: number = chartSize,
    without: ReadonlySet<string> = none,
  ) {
    this.#previous = previous;
    this.#size = size;
    const kept = previous.filter(({ id }) => !without.has(id));
    this.#present = new Map(kept.map((entry) => [entry.id, entry]));
    this.#threshold = kept.length >= size ? kept[size - 1] : undefined;
  }

  /** Notes the newest totals of a candidate. One with a score of 0 has no place in a chart, and leaves it. */
  offer(candidate: Candidate): void {
    const { id } = candidate;
    if (this.#present.has(id)) {
      this.#present.set(id, candidate);
      this.#changed.add(id);
      return;
    }
    if (candidate.score <= 0n) {
      this.#entering.delete(id);
      return;
    }
    const isOutside = this.#threshold !== undefined && compareCandidates(candidate, this.#threshold) > 0;
    if (isOutside && !this.#entering.has(id)) return;
    this.#entering.set(id, candidate);
    if (this.#entering.size > 8 * this.#size) this.#cutEntering();
  }

  /**
   * Whether offering a candidate of this score may change anything: not where the chart is full of larger ones, or it has no
   * score, and is not known. Plays may come as a number, which is exact below 2^53.
   */
  admits(id: string, score: bigint | number): boolean {
    const isBehind = this.#threshold === undefined ? score <= 0 : score < this.#threshold.score;
    return !isBehind || this.#present.has(id) || this.#entering.has(id);
  }

  /** Of what was offered all that the next chart depends on: at most two charts' worth. */
  offered(): readonly Candidate[] {
    this.#cutEntering();
    const changed = [...this.#present.values()].filter(({ id }) => this.#changed.has(id));
    return [...changed, ...this.#entering.values()];
  }

  /** The next entries, or undefined where nothing changed. */
  finish(): readonly ChartEntry[] | undefined {
    const places = new Map(this.#previous.map(({ id }, index) => [id, index]));
    const entries = this.#best().map((candidate, index) => {
      const place = places.get(candidate.id);
      return entryAt(index + 1, candidate, place, place === undefined ? undefined : this.#previous[place]);
    });
    const isSame =
      entries.length === this.#previous.length &&
      entries.every((entry, index) => isSameEntry(entry, this.#previous[index]));
    return isSame ? undefined : entries;
  }

  #best(): readonly Candidate[] {
    const present = [...this.#present.values()].filter(({ score }) => score > 0n);
    return [...present, ...this.#entering.values()].sort(compareCandidates).slice(0, this.#size);
  }

  /** Who ranks behind a whole chart of others that enter cannot: they are the epoch's, and none of them falls any more. */
  #cutEntering(): void {
    if (this.#entering.size <= this.#size) return;
    const best = [...this.#entering.values()].sort(compareCandidates).slice(0, this.#size);
    this.#entering.clear();
    for (const candidate of best) this.#entering.set(candidate.id, candidate);
    this.#threshold = best[this.#size - 1];
  }
}

/** @param place the index at which the candidate stood as `before` */
function entryAt(
  rank: number,
  candidate: Candidate,
  place: number | undefined,
  before: ChartEntry | undefined,
): ChartEntry {
  const previousRank = place === undefined ? undefined : place + 1;
  const peak = Math.min(rank, before?.peak ?? rank);
  const entry: ChartEntry = {
    id: candidate.id,
    title: candidate.title,
    artist: candidate.artist,
    score: candidate.score,
    plays: candidate.plays,
    listenedMs: candidate.listenedMs,
    firstPlayedAt: candidate.firstPlayedAt,
    previousRank,
    peak,
  };
  return candidate.rise === undefined ? entry : { ...entry, rise: candidate.rise };
}

/** Whether two hold the same; their ranks may differ. */
export function isSameEntry(a: Candidate, b: Candidate | undefined): boolean {
  return (
    b !== undefined &&
    a.id === b.id &&
    a.title === b.title &&
    a.artist === b.artist &&
    a.score === b.score &&
    a.plays === b.plays &&
    a.listenedMs === b.listenedMs &&
    a.firstPlayedAt === b.firstPlayedAt &&
    a.rise?.expected === b.rise?.expected &&
    a.rise?.listeners === b.rise?.listeners
  );
}
