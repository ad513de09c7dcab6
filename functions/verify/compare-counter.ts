import type { Totals } from "#src/domain/totals.ts";
import type { RecountedTotals } from "#src/recount/totals.ts";
import { compareValues } from "./drift-report.ts";

/** Which of a counter's figures are compared. */
export interface ComparedFigures {
  /** All-time figures, first play and name. */
  readonly allTime: boolean;
  readonly isCompared: (window: string) => boolean;
}

const sums = [
  "plays",
  "unqualified",
  "listenedMs",
  "completes",
  "skips",
  "ratingSum",
  "ratingCount",
] as const;
const noShare = { plays: 0, listenedMs: 0 };

/** How a counter differs from what it should be; a counter that is missing is one of nothing. */
export function compareCounter(
  key: string,
  expected: RecountedTotals,
  stored: Totals,
  { allTime, isCompared }: ComparedFigures,
): readonly string[] {
  const differences: string[] = [];
  const compare = (name: string, mine: unknown, theirs: unknown) => {
    differences.push(...compareValues(`${key} ${name}`, mine, theirs));
  };
  if (allTime) {
    for (const field of sums) compare(field, expected[field], stored[field]);
    differences.push(...compareTenths(key, expected.tenths, stored.tenths));
    compare("firstPlayedAt", expected.firstPlayedAt, stored.firstPlayedAt);
    compare("labelled at", expected.label?.at, stored.label?.startedAt);
    compare("artist", expected.label?.artist, stored.label?.artist);
    compare("title", expected.label?.title, stored.label?.title);
  }
  for (const id of unionOf(expected.windows.keys(), stored.windows.keys())) {
    if (!isCompared(id)) continue;
    const mine = expected.windows.get(id) ?? noShare;
    const theirs = (stored.windows as ReadonlyMap<string, typeof noShare>).get(id) ?? noShare;
    compare(`${id} plays`, mine.plays, theirs.plays);
    compare(`${id} listenedMs`, mine.listenedMs, theirs.listenedMs);
  }
  for (const id of unionOf(expected.decays.keys(), stored.decays.keys())) {
    if (!isCompared(id)) continue;
    const theirs = (stored.decays as ReadonlyMap<string, bigint>).get(id) ?? 0n;
    compare(`${id} score`, expected.decays.get(id) ?? 0n, theirs);
  }
  return differences;
}

function compareTenths(
  key: string,
  expected: readonly number[],
  stored: readonly number[],
): readonly string[] {
  return [...unionOf(expected.keys(), stored.keys())].flatMap((tenth) =>
    compareValues(`${key} ended at tenth ${tenth}`, expected[tenth] ?? 0, stored[tenth] ?? 0),
  );
}

const unionOf = <T>(a: Iterable<T>, b: Iterable<T>): ReadonlySet<T> => new Set([...a, ...b]);
