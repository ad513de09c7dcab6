import { estimateListeners } from "./listener-sketch.ts";
import type { Totals } from "./totals.ts";
import { hourMs, hourWindow, startOfHour, type WindowId } from "./windows.ts";

/** Why an entry is in `rising`. */
export interface Rise {
  /** Plays that were to be expected in this hour, the prior included. */
  readonly expected: number;
  /** Distinct listeners of this hour, estimated. */
  readonly listeners: number;
}

/**
 * So many plays an hour are expected of anything, before what it was played is added. With 3 a new song has a score of 0
 * after three plays, and one that doubles from a play an hour is no news.
 */
const priorPlays = 3;
/** Who has fewer distinct listeners in the hour does not rise, however often they play. */
const leastListeners = 5;
/** What is expected is a mean over so many hours, which end an hour before the hour begins: plays may be that late. */
const meanHours = 24;
const lagHours = 1;
/** A score is a whole number of these, so that charts compare and keep it exactly. */
export const scoresPerUnit = 1000;

/**
 * How far a song or an artist is above what was expected of this hour: `(plays - e) / sqrt(e + 1)` in thousandths, rounded
 * down. Undefined where it is not above, or has too few listeners.
 *
 * @param rising the instance of `rising`: `r.2026112014`
 */
export function riseOf(
  totals: Totals,
  rising: WindowId,
): { readonly score: bigint; readonly rise: Rise } | undefined {
  const hours = hoursOf(rising);
  const plays = totals.windows.get(hours.hour)?.plays ?? 0;
  if (plays <= priorPlays) return undefined; // most of what an epoch touches, so it comes first
  const listeners = estimateListeners(totals.listeners.get(rising) ?? 0n);
  if (listeners < leastListeners) return undefined;
  const expected = expectedPlays(totals, hours);
  const score = Math.floor((scoresPerUnit * (plays - expected)) / Math.sqrt(expected + 1));
  return score > 0 ? { score: BigInt(score), rise: { expected, listeners } } : undefined;
}

/** The hour that an instance of `rising` is about. */
export const hourOf = (rising: WindowId): WindowId => hoursOf(rising).hour;

function expectedPlays({ windows, firstPlayedAt }: Totals, { before, from, to }: Hours): number {
  const plays = before.reduce((sum, hour) => sum + (windows.get(hour)?.plays ?? 0), 0);
  const wholeHours = Math.floor((to - Math.max(from, firstPlayedAt ?? to)) / hourMs);
  return plays / Math.max(1, wholeHours) + priorPlays;
}

/** The hours that a score is made of. */
interface Hours {
  readonly hour: WindowId;
  /** Those that the mean is taken over, and where they begin and end, epoch ms. */
  readonly before: readonly WindowId[];
  readonly from: number;
  readonly to: number;
}

/** Those of the last instance that was asked for: an epoch asks for hardly any other. */
let known: (Hours & { readonly rising: WindowId }) | undefined;

function hoursOf(rising: WindowId): Hours {
  if (known?.rising !== rising) {
    const start = startOfHour(rising);
    const to = start - lagHours * hourMs;
    const from = to - meanHours * hourMs;
    const before = Array.from({ length: meanHours }, (_, i) => hourWindow(from + i * hourMs));
    known = { rising, hour: hourWindow(start), before, from, to };
  }
  return known;
}
