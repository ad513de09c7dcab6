import { type Chart, type ChartEntry, type ChartList, chartLists } from "../domain/chart.ts";
import type { Departure } from "../domain/departures.ts";
import type { EpochNumber } from "../domain/epoch.ts";
import type { EpochMs } from "../domain/play.ts";
import type { PublicationKey } from "../domain/publication-key.ts";
import type { Rise } from "../domain/rising.ts";
import type { WindowId } from "../domain/windows.ts";
import { check, checkCount, checkText, readPublication } from "./publication-body.ts";

/** `CHART#songs#d.20261120`: one document per instance of a window. */
export const chartKey = (list: ChartList, window: WindowId): PublicationKey =>
  `CHART#${list}#${window}` as PublicationKey;

/**
 * Entries column by column, and numbers as differences where neighbours are alike: deflated that is three quarters of what rows
 * took, which were one array an entry (219 instead of 307 write units for the 27 charts of songs, artists and dimensions), and all of
 * encoding, deflating and reading takes two thirds of the CPU.
 * Charts of rows are still read.
 */
interface Columns {
  readonly id: readonly string[];
  readonly title: readonly string[];
  readonly artist: readonly string[];
  /** How much less than the one before, the first one than 0; decimal text where it outgrows 2^53. */
  readonly score: readonly (number | string)[];
  /** Left out where they are the scores. */
  readonly plays?: readonly number[];
  readonly listenedMs: readonly number[];
  /** How much later than the one before. */
  readonly firstPlayedAt: readonly number[];
  /** How much lower than today's. */
  readonly previousRank: readonly (number | null)[];
  /** How much higher than today's rank. */
  readonly peak: readonly number[];
  /** What follows is left out where it does not apply to any. */
  readonly isBack?: readonly (0 | 1)[];
  readonly expected?: readonly (number | null)[];
  readonly listeners?: readonly (number | null)[];
}

type DepartureRow = [id: string, peak: number];

export function encodeChart(chart: Chart): string {
  const { list, window, epoch, seq } = chart;
  const columns = columnsOf(chart.entries);
  const departures = chart.departures.map(({ id, peak }): DepartureRow => [id, peak]);
  return JSON.stringify({ list, window, epoch, seq, columns, ...(departures.length > 0 && { departures }) });
}

function columnsOf(entries: readonly ChartEntry[]): Columns {
  const isByPlays = entries.every(({ score, plays }) => score === BigInt(plays));
  return {
    id: entries.map(({ id }) => id),
    title: entries.map(({ title }) => title),
    artist: entries.map(({ artist }) => artist),
    score: entries.map(({ score }, i) => numeral((entries[i - 1]?.score ?? 0n) - score)),
    ...(isByPlays ? {} : { plays: entries.map(({ plays }) => plays) }),
    listenedMs: entries.map(({ listenedMs }) => listenedMs),
    firstPlayedAt: entries.map(
      ({ firstPlayedAt }, i) => firstPlayedAt - (entries[i - 1]?.firstPlayedAt ?? 0),
    ),
    previousRank: entries.map(({ previousRank }, i) =>
      previousRank === undefined ? null : previousRank - (i + 1),
    ),
    peak: entries.map(({ peak }, i) => i + 1 - peak),
    ...(entries.some(({ isBack }) => isBack === true) && {
      isBack: entries.map(({ isBack }) => (isBack === true ? 1 : 0)),
    }),
    ...(entries.some(({ rise }) => rise !== undefined) && {
      expected: entries.map(({ rise }) => rise?.expected ?? null),
      listeners: entries.map(({ rise }) => rise?.listeners ?? null),
    }),
  };
}

const numeral = (value: bigint): number | string => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
};

/** @throws CorruptStoreError, naming `key` where the body does not */
export function decodeChart(body: string, key: PublicationKey = "CHART#?" as PublicationKey): Chart {
  return readPublication(key, body, (json) => {
    const list = chartLists.find((name) => name === json["list"]);
    check(list !== undefined, "list", json["list"]);
    const { entries, columns, departures = [] } = json;
    check(Array.isArray(departures), "departures", departures);
    return {
      list,
      window: checkText("window", json["window"]) as WindowId,
      epoch: checkCount("epoch", json["epoch"]) as EpochNumber,
      seq: checkCount("seq", json["seq"]),
      entries: columns === undefined ? decodeRows(entries) : decodeColumns(columns),
      departures: departures.map(decodeDeparture),
    };
  });
}

/** The cells of the columns that every chart has. */
type Cells = Readonly<Record<keyof Columns, readonly unknown[]>>;
const requiredColumns = [
  "id",
  "title",
  "artist",
  "score",
  "listenedMs",
  "firstPlayedAt",
  "previousRank",
  "peak",
] as const satisfies readonly (keyof Columns)[];
const optionalColumns = [
  "plays",
  "isBack",
  "expected",
  "listeners",
] as const satisfies readonly (keyof Columns)[];

function decodeColumns(columns: unknown): readonly ChartEntry[] {
  check(typeof columns === "object" && columns !== null, "columns", columns);
  const cells = columns as Cells;
  for (const name of requiredColumns) check(Array.isArray(cells[name]), name, cells[name]);
  const { length } = cells.id;
  for (const name of [...requiredColumns, ...optionalColumns])
    check(cells[name] === undefined || cells[name].length === length, name, cells[name]);
  const entries: ChartEntry[] = [];
  let score = 0n;
  let firstPlayedAt = 0;
  for (let i = 0; i < length; i++) {
    score -= bigintOf(cells.score[i]);
    firstPlayedAt += integerOf("firstPlayedAt", cells.firstPlayedAt[i]);
    entries.push(entryAt(cells, i, score, firstPlayedAt as EpochMs));
  }
  return entries;
}

function entryAt(cells: Cells, i: number, score: bigint, firstPlayedAt: EpochMs): ChartEntry {
  const previousRank = cells.previousRank[i];
  const entry: ChartEntry = {
    id: checkText("id", cells.id[i]),
    title: checkText("title", cells.title[i]),
    artist: checkText("artist", cells.artist[i]),
    score,
    plays: checkCount("plays", cells.plays === undefined ? Number(score) : cells.plays[i]),
    listenedMs: checkCount("listenedMs", cells.listenedMs[i]),
    firstPlayedAt,
    previousRank: previousRank === null ? undefined : integerOf("previousRank", previousRank) + (i + 1),
    peak: i + 1 - integerOf("peak", cells.peak[i]),
  };
  const isBack = cells.isBack?.[i] === 1;
  const expected = cells.expected?.[i] ?? undefined;
  if (!isBack && expected === undefined) return entry;
  return {
    ...entry,
    ...(isBack && { isBack: true as const }),
    ...(expected !== undefined && { rise: decodeRise(expected, cells.listeners?.[i]) }),
  };
}

function bigintOf(value: unknown): bigint {
  if (Number.isSafeInteger(value)) return BigInt(value as number);
  check(typeof value === "string" && /^-?\d+$/.test(value), "score", value);
  return BigInt(value);
}

function integerOf(field: string, value: unknown): number {
  check(Number.isSafeInteger(value), field, value);
  return value as number;
}

/** As charts were written before there were columns: an array an entry, the score as decimal text. */
function decodeRows(entries: unknown): readonly ChartEntry[] {
  check(Array.isArray(entries), "entries", entries);
  return entries.map(decodeEntry);
}

function decodeEntry(row: unknown): ChartEntry {
  check(Array.isArray(row), "entry", row);
  const [id, title, artist, score, plays, listenedMs, firstPlayedAt, previousRank, peak] = row;
  check(typeof score === "string" && /^-?\d+$/.test(score), "score", score);
  check(Number.isSafeInteger(firstPlayedAt), "firstPlayedAt", firstPlayedAt);
  const entry: ChartEntry = {
    id: checkText("id", id),
    title: checkText("title", title),
    artist: checkText("artist", artist),
    score: BigInt(score),
    plays: checkCount("plays", plays),
    listenedMs: checkCount("listenedMs", listenedMs),
    firstPlayedAt: firstPlayedAt as EpochMs,
    previousRank: previousRank === null ? undefined : checkCount("previousRank", previousRank),
    peak: checkCount("peak", peak),
  };
  return row.length > plainLength ? withDetails(entry, row) : entry;
}

/** Most entries have no more than these, and an epoch reads thousands. */
const plainLength = 9;

function withDetails(entry: ChartEntry, row: readonly unknown[]): ChartEntry {
  const [isBack, expected, listeners] = row.slice(plainLength);
  return {
    ...entry,
    ...(isBack === 1 && { isBack: true as const }),
    ...(expected !== undefined && { rise: decodeRise(expected, listeners) }),
  };
}

export function decodeRise(expected: unknown, listeners: unknown): Rise {
  check(typeof expected === "number" && expected >= 0, "expected", expected);
  return { expected, listeners: checkCount("listeners", listeners) };
}

function decodeDeparture(row: unknown): Departure {
  check(Array.isArray(row), "departure", row);
  const [id, peak] = row;
  return { id: checkText("id", id), peak: checkCount("peak", peak) };
}
