import type { Correction } from "../domain/correction.ts";
import type { CounterDelta, CounterKey } from "../domain/counter.ts";
import type { EpochNumber, EpochRecord } from "../domain/epoch.ts";
import { CorruptStoreError, StaleEpochError } from "../domain/errors.ts";
import type { ArtistName, EpochMs, UserId } from "../domain/play.ts";
import type { PublicationKey } from "../domain/publication-key.ts";
import type { RejectId } from "../domain/reject.ts";
import { type Label, noTotals, type Totals, type WindowTotals } from "../domain/totals.ts";
import type { WindowId } from "../domain/windows.ts";
import { check, checkCount, checkText, readPublication } from "./publication-body.ts";

export const correctionKey = "CORRECTION" as PublicationKey;

/** What stands in the place of a correction once nobody needs it: it named a listener. */
export const noCorrection = "{}";

/** A counter without names, because a heavy listener's correction holds thousands. Decay scores are decimal text. */
type CounterRow = readonly [
  key: string,
  sums: readonly number[],
  firstPlayedAt: number | null,
  label: readonly [startedAt: number, artist: string, title: string] | null,
  windows: readonly (readonly [window: string, plays: number, listenedMs: number])[],
  decays: readonly (readonly [window: string, score: string])[],
  /** Left out by an Earworm that did not know of them: an epoch may apply its correction after an upgrade. */
  tenths?: readonly number[],
];

export function encodeCorrection({ userId, counters, windows, rejects }: Correction): string {
  return JSON.stringify({ user_id: userId, counters: counters.map(rowOf), windows, rejects });
}

/** @throws CorruptStoreError also for one that was cleared */
function decodeCorrection(body: string): Correction {
  return readPublication(correctionKey, body, (json) => {
    const { counters, windows, rejects } = json;
    check(Array.isArray(counters), "counters", counters);
    check(Array.isArray(windows), "windows", windows);
    check(Array.isArray(rejects), "rejects", rejects);
    return {
      userId: checkText("user_id", json["user_id"]) as UserId,
      counters: counters.map(deltaOf),
      windows: windows.map((window) => checkText("window", window) as WindowId),
      rejects: rejects.map((id) => checkText("reject", id) as RejectId),
    };
  });
}

/** Whom a stored correction is about; undefined for one that was cleared. @throws CorruptStoreError where it is none */
export function listenerOfCorrection(body: string): UserId | undefined {
  return body === noCorrection ? undefined : decodeCorrection(body).userId;
}

/**
 * The correction that an epoch applies.
 *
 * @param published what is stored under `correctionKey`
 * @throws StaleEpochError where that is a later version: then the epoch is committed
 * @throws CorruptStoreError where it is an earlier one, or none
 */
export function readCorrection(
  { epoch, correction }: EpochRecord,
  published: { readonly epoch: EpochNumber; readonly body: string } | undefined,
): Correction {
  if (published !== undefined && correction !== undefined && published.epoch > correction)
    throw new StaleEpochError(`version ${correction} of the correction`, epoch, epoch);
  if (published === undefined || published.epoch !== correction) {
    const found = published === undefined ? "nothing" : `version ${published.epoch}`;
    throw new CorruptStoreError(
      `epoch ${epoch} applies version ${correction} of the correction, found ${found}`,
    );
  }
  return decodeCorrection(published.body);
}

function rowOf({ key, totals }: CounterDelta): CounterRow {
  const { plays, unqualified, listenedMs, completes, skips, ratingSum, ratingCount, label } = totals;
  return [
    key,
    [plays, unqualified, listenedMs, completes, skips, ratingSum, ratingCount],
    totals.firstPlayedAt ?? null,
    label === undefined ? null : [label.startedAt, label.artist, label.title],
    [...totals.windows].map(([window, share]) => [window, share.plays, share.listenedMs]),
    [...totals.decays].map(([window, score]) => [window, score.toString()]),
    totals.tenths,
  ];
}

function deltaOf(row: unknown): CounterDelta {
  check(Array.isArray(row) && (row.length === 6 || row.length === 7), "counter", row);
  const [key, sums, firstPlayedAt, label, windows, decays, tenths = []] = row as unknown as CounterRow;
  check(Array.isArray(sums) && sums.length === 7, "sums", sums);
  const [plays, unqualified, listenedMs, completes, skips, ratingSum, ratingCount] = sums.map((sum) =>
    checkCount("sum", sum),
  ) as [number, number, number, number, number, number, number];
  const totals: Totals = {
    ...{ plays, unqualified, listenedMs, completes, skips, ratingSum, ratingCount },
    tenths: tenths.map((count) => checkCount("tenth", count)),
    firstPlayedAt: firstPlayedAt === null ? undefined : (firstPlayedAt as EpochMs),
    label: labelOf(label),
    windows: new Map(windows.map(windowOf)),
    decays: new Map(decays.map(decayOf)),
    listeners: noTotals.listeners, // nobody can tell whose bucket is whose: see correctTotals
  };
  return { key: checkText("key", key) as CounterKey, totals };
}

function labelOf(label: CounterRow[3]): Label | undefined {
  if (label === null) return undefined;
  const [startedAt, artist, title] = label;
  return {
    startedAt: startedAt as EpochMs,
    artist: checkText("artist", artist) as ArtistName,
    title: checkText("title", title),
  };
}

const windowOf = ([window, plays, listenedMs]: CounterRow[4][number]): [WindowId, WindowTotals] => [
  checkText("window", window) as WindowId,
  { plays: checkCount("plays", plays), listenedMs: checkCount("listenedMs", listenedMs) },
];

const decayOf = ([window, score]: CounterRow[5][number]): [WindowId, bigint] => [
  checkText("window", window) as WindowId,
  BigInt(checkText("score", score)),
];
