import { type Candidate, type ChartList, chartLists } from "../domain/chart.ts";
import type { SongSums } from "../domain/counter-fold.ts";
import type { StageFigures } from "../domain/epoch.ts";
import type { EpochMs } from "../domain/play.ts";
import type { PublicationKey } from "../domain/publication-key.ts";
import type { PlayCounts } from "../domain/totals.ts";
import type { WindowId } from "../domain/windows.ts";
import { decodeRise } from "./chart-codec.ts";
import { isObject } from "./json.ts";
import { check, checkCount, checkText, readPublication } from "./publication-body.ts";

/** What one worker of an epoch leaves for the step that writes the charts. The next epoch's worker writes over it. */
export const shareKey = (stage: ShareStage, worker: number): PublicationKey =>
  `SHARE#${stage}#${worker}` as PublicationKey;
type ShareStage = "counters" | "listeners";

/** The keys of all workers, in their order. */
export const shareKeys = (stage: ShareStage, workers: number): readonly PublicationKey[] =>
  Array.from({ length: workers }, (_, worker) => shareKey(stage, worker));

/** What may change one chart. */
export interface ChartCandidates {
  readonly list: ChartList;
  readonly window: WindowId;
  readonly candidates: readonly Candidate[];
}

export interface CountersShare {
  /** What the worker's own songs add up to, where it has any. */
  readonly songs: readonly SongSums[];
  /** Plays of the epoch that are not counted: every worker sees all of them. */
  readonly repeats: PlayCounts;
  readonly charts: readonly ChartCandidates[];
  readonly figures: StageFigures;
}

export interface ListenersShare {
  /** What may change the chart of listeners. */
  readonly candidates: readonly Candidate[];
  readonly figures: StageFigures;
}

/** Rows as in a chart's document, whose codec says why. */
type CandidateRow = [
  id: string,
  title: string,
  artist: string,
  score: string,
  plays: number,
  listenedMs: number,
  firstPlayedAt: number,
  expected?: number,
  listeners?: number,
];

export function encodeCountersShare({ songs, repeats, charts, figures }: CountersShare): string {
  return JSON.stringify({
    songs: songs.map((sums) => sumNames.map((name) => sums[name] ?? null)),
    repeats: [repeats.plays, repeats.unqualified],
    charts: charts.map(chartRow),
    figures,
  });
}

/** @throws CorruptStoreError, naming `key` */
export function decodeCountersShare(key: PublicationKey, body: string): CountersShare {
  return readPublication(key, body, ({ songs, repeats, charts, figures }) => {
    check(Array.isArray(songs), "songs", songs);
    check(Array.isArray(repeats), "repeats", repeats);
    check(Array.isArray(charts), "charts", charts);
    check(isObject(figures), "figures", figures);
    return {
      songs: songs.map(sumsOf),
      repeats: { plays: checkCount("plays", repeats[0]), unqualified: checkCount("unqualified", repeats[1]) },
      charts: charts.map(chartOf),
      figures: figures as StageFigures,
    };
  });
}

export const encodeListenersShare = ({ candidates, figures }: ListenersShare): string =>
  JSON.stringify({ candidates: candidates.map(candidateRow), figures });

/** @throws CorruptStoreError, naming `key` */
export function decodeListenersShare(key: PublicationKey, body: string): ListenersShare {
  return readPublication(key, body, ({ candidates, figures }) => {
    check(Array.isArray(candidates), "candidates", candidates);
    check(isObject(figures), "figures", figures);
    return { candidates: candidates.map(candidateOf), figures: figures as StageFigures };
  });
}

/** What a worker of listeners has left once one of them is forgotten. */
export const emptyListenersShare = encodeListenersShare({ candidates: [], figures: {} });

const sumNames = [
  "plays",
  "unqualified",
  "listenedMs",
  "completes",
  "skips",
  "ratingSum",
  "ratingCount",
  "firstPlayedAt",
] as const satisfies readonly (keyof SongSums)[];

function sumsOf(row: unknown): SongSums {
  check(Array.isArray(row) && row.length === sumNames.length, "songs", row);
  const [plays, unqualified, listenedMs, completes, skips, ratingSum, ratingCount, first] = row;
  return {
    plays: checkCount("plays", plays),
    unqualified: checkCount("unqualified", unqualified),
    listenedMs: checkCount("listenedMs", listenedMs),
    completes: checkCount("completes", completes),
    skips: checkCount("skips", skips),
    ratingSum: checkCount("ratingSum", ratingSum),
    ratingCount: checkCount("ratingCount", ratingCount),
    firstPlayedAt: first === null ? undefined : (checkCount("firstPlayedAt", first) as EpochMs),
  };
}

const chartRow = ({ list, window, candidates }: ChartCandidates): readonly unknown[] => [
  list,
  window,
  candidates.map(candidateRow),
];

function chartOf(row: unknown): ChartCandidates {
  check(Array.isArray(row), "chart", row);
  const list = chartLists.find((name) => name === row[0]);
  check(list !== undefined, "list", row[0]);
  const candidates: unknown = row[2];
  check(Array.isArray(candidates), "candidates", candidates);
  return {
    list,
    window: checkText("window", row[1]) as WindowId,
    candidates: candidates.map(candidateOf),
  };
}

function candidateRow(candidate: Candidate): CandidateRow {
  const { id, title, artist, score, plays, listenedMs, firstPlayedAt, rise } = candidate;
  const row: CandidateRow = [id, title, artist, score.toString(), plays, listenedMs, firstPlayedAt];
  if (rise !== undefined) row.push(rise.expected, rise.listeners);
  return row;
}

function candidateOf(row: unknown): Candidate {
  check(Array.isArray(row), "candidate", row);
  const [id, title, artist, score, plays, listenedMs, firstPlayedAt, expected, listeners] = row;
  check(typeof score === "string" && /^\d+$/.test(score), "score", score);
  check(Number.isSafeInteger(firstPlayedAt), "firstPlayedAt", firstPlayedAt);
  const candidate: Candidate = {
    id: checkText("id", id),
    title: checkText("title", title),
    artist: checkText("artist", artist),
    score: BigInt(score),
    plays: checkCount("plays", plays),
    listenedMs: checkCount("listenedMs", listenedMs),
    firstPlayedAt: firstPlayedAt as EpochMs,
  };
  return expected === undefined ? candidate : { ...candidate, rise: decodeRise(expected, listeners) };
}
