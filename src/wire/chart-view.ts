import type { Chart, ChartEntry } from "../domain/chart.ts";
import { type DecayWindow, decayWindows, halfLifeMinutes, landmarkAt, playsWorth } from "../domain/decay.ts";
import { scoresPerUnit } from "../domain/rising.ts";
import { type ChartWindow, minuteMs } from "../domain/windows.ts";
import { utf8Length } from "./play-codec.ts";
import { maxEntriesBytes, maxSnapshotEntries } from "./push-limits.ts";

/** An entry as clients see it. Times are epoch ms. */
export interface ChartEntryView {
  readonly rank: number;
  /** null for an entry that is new in this version. */
  readonly previous_rank: number | null;
  readonly peak: number;
  /** New in this version, but had been in this chart before: `peak` is its best rank ever there. Left out where not. */
  readonly back?: true;
  readonly id: string;
  readonly title: string;
  readonly artist: string;
  readonly plays: number;
  readonly listened_ms: number;
  /**
   * Plays in a calendar window; in `hot` and `hot24` the plays it is worth at a time that goes with the list; in `rising`
   * `(plays - expected) / sqrt(expected + 1)`, to 2 decimals.
   */
  readonly score: number;
  readonly first_played_at: number;
  /** In `rising`: the plays that were to be expected of this hour, to 1 decimal. */
  readonly expected?: number;
  /** In `rising`: distinct listeners of this hour, estimated; 266 stands for that many or more. */
  readonly listeners?: number;
}

/**
 * The first `limit` entries of a chart; where it decays, scores are as of `now` (epoch ms, the epoch's clock), to 3
 * decimals.
 */
export function viewChart(chart: Chart, window: ChartWindow, now: number, limit: number): ChartEntryView[] {
  const scoreOf = isDecaying(window)
    ? (score: bigint) => Math.round(playsWorth(window, score, landmarkAt(window, now), now) * 1000) / 1000
    : figureOf(window);
  return chart.entries.slice(0, limit).map((entry, index) => viewEntry(entry, index + 1, scoreOf));
}

/**
 * The entries that a snapshot of the chart shows: the first 100, or as many as fit in a frame. Where it decays, a score is
 * as of the landmark (`decayOf`), so that it stays the same until the song is played again.
 */
export function viewShown(chart: Chart, window: ChartWindow): ChartEntryView[] {
  const scoreOf = isDecaying(window) ? (score: bigint) => playsWorth(window, score, 0, 0) : figureOf(window);
  const shown: ChartEntryView[] = [];
  let bytes = 0;
  for (const [index, entry] of chart.entries.slice(0, maxSnapshotEntries).entries()) {
    const view = viewEntry(entry, index + 1, scoreOf);
    bytes += utf8Length(JSON.stringify(view)) + 1;
    if (bytes > maxEntriesBytes) break;
    shown.push(view);
  }
  return shown;
}

/** How the scores of a list fade: at time t one is worth score x 2^((from - t) / half_life_ms). */
export interface Decay {
  /** Epoch ms. */
  readonly from: number;
  readonly half_life_ms: number;
}

/** How the scores of `viewShown` fade in a window that is current at `now`; undefined where they do not. */
export const decayOf = (window: ChartWindow, now: number): Decay | undefined =>
  isDecaying(window)
    ? { from: landmarkAt(window, now), half_life_ms: halfLifeMinutes[window] * minuteMs }
    : undefined;

/** What a score is worth at `now`, epoch ms. */
export const scoreAt = (score: number, decay: Decay | undefined, now: number): number =>
  decay === undefined ? score : score * 2 ** ((decay.from - now) / decay.half_life_ms);

/** How a score that does not decay is shown. */
const figureOf = (window: ChartWindow): ((score: bigint) => number) =>
  window === "rising" ? (score) => Math.round((Number(score) * 100) / scoresPerUnit) / 100 : Number;

const isDecaying = (window: ChartWindow): window is DecayWindow =>
  (decayWindows as readonly string[]).includes(window);

function viewEntry(entry: ChartEntry, rank: number, scoreOf: (score: bigint) => number): ChartEntryView {
  const view: ChartEntryView = {
    rank,
    previous_rank: entry.previousRank ?? null,
    peak: entry.peak,
    id: entry.id,
    title: entry.title,
    artist: entry.artist,
    plays: entry.plays,
    listened_ms: entry.listenedMs,
    score: scoreOf(entry.score),
    first_played_at: entry.firstPlayedAt,
  };
  if (entry.isBack !== true && entry.rise === undefined) return view;
  return {
    ...view,
    ...(entry.isBack === true && { back: true as const }),
    ...(entry.rise && {
      expected: Math.round(entry.rise.expected * 10) / 10,
      listeners: entry.rise.listeners,
    }),
  };
}
