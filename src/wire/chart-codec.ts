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
 * An entry is an array to spare 500 times nine names. The score is decimal text: it outgrows 2^53. What is at the end is
 * left out where it does not apply.
 */
type EntryRow = [
  id: string,
  title: string,
  artist: string,
  score: string,
  plays: number,
  listenedMs: number,
  firstPlayedAt: number,
  previousRank: number | null,
  peak: number,
  isBack?: 0 | 1,
  expected?: number,
  listeners?: number,
];

type DepartureRow = [id: string, peak: number];

export function encodeChart(chart: Chart): string {
  const { list, window, epoch, seq } = chart;
  const entries = chart.entries.map(encodeEntry);
  const departures = chart.departures.map(({ id, peak }): DepartureRow => [id, peak]);
  return JSON.stringify({ list, window, epoch, seq, entries, ...(departures.length > 0 && { departures }) });
}

/** @throws CorruptStoreError, naming `key` where the body does not */
export function decodeChart(body: string, key: PublicationKey = "CHART#?" as PublicationKey): Chart {
  return readPublication(key, body, (json) => {
    const list = chartLists.find((name) => name === json["list"]);
    check(list !== undefined, "list", json["list"]);
    const { entries, departures = [] } = json;
    check(Array.isArray(entries), "entries", entries);
    check(Array.isArray(departures), "departures", departures);
    return {
      list,
      window: checkText("window", json["window"]) as WindowId,
      epoch: checkCount("epoch", json["epoch"]) as EpochNumber,
      seq: checkCount("seq", json["seq"]),
      entries: entries.map(decodeEntry),
      departures: departures.map(decodeDeparture),
    };
  });
}

function encodeEntry(entry: ChartEntry): EntryRow {
  const row: EntryRow = [
    entry.id,
    entry.title,
    entry.artist,
    entry.score.toString(),
    entry.plays,
    entry.listenedMs,
    entry.firstPlayedAt,
    entry.previousRank ?? null,
    entry.peak,
  ];
  if (entry.isBack === true || entry.rise !== undefined) row.push(entry.isBack === true ? 1 : 0);
  if (entry.rise !== undefined) row.push(entry.rise.expected, entry.rise.listeners);
  return row;
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

function decodeRise(expected: unknown, listeners: unknown): Rise {
  check(typeof expected === "number" && expected >= 0, "expected", expected);
  return { expected, listeners: checkCount("listeners", listeners) };
}

function decodeDeparture(row: unknown): Departure {
  check(Array.isArray(row), "departure", row);
  const [id, peak] = row;
  return { id: checkText("id", id), peak: checkCount("peak", peak) };
}
