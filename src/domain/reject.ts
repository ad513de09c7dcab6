import { hash64, hexOf } from "./hash64.ts";
import type { EpochMs } from "./play.ts";
import type { ShardKey } from "./position.ts";
import type { RejectChunk } from "./segment.ts";
import { compareUtf8 } from "./utf8-order.ts";
import { dayMs, startOfDay } from "./windows.ts";

/**
 * Names a reject: its arrival (ms, base 36), a hash of its record's shard and sequence number, and the entry at which it
 * starts. Ids order rejects by arrival; those of one block stay in the order of their lines.
 */
export type RejectId = string & { readonly __brand: "RejectId" };

const timeDigits = 9;
/** An entry has seven decimal digits at most (src/domain/position.ts). */
const entryDigits = 5;

const timePart = (epochMs: number): string => epochMs.toString(36).padStart(timeDigits, "0");

/** @param reject any of its chunks */
export function rejectIdOf(
  shard: ShardKey,
  { sequenceNumber, entry, arrivedAt }: Pick<RejectChunk, "sequenceNumber" | "entry" | "arrivedAt">,
): RejectId {
  const hash = hexOf(hash64(`${shard}\0${sequenceNumber}`, { hi: 0, lo: 0 })).slice(0, 12);
  return `${timePart(arrivedAt)}-${hash}-${entry.toString(36).padStart(entryDigits, "0")}` as RejectId;
}

export const isRejectId = (text: string): text is RejectId =>
  /^[\da-z]{9}-[\da-f]{12}-[\da-z]{5}$/.test(text);

/** When the reject of this id arrived. */
export const arrivalOf = (id: RejectId): EpochMs => Number.parseInt(id.slice(0, timeDigits), 36) as EpochMs;

/** What the ids of a UTC day lie between: `from` inclusive, `to` exclusive. */
export function rejectIdsOfDay(day: EpochMs): { readonly from: string; readonly to: string } {
  const start = startOfDay(day);
  return { from: timePart(start), to: timePart(start + dayMs) };
}

/** A chunk of a reject, as it is stored: chunks of one reject may come in different epochs. */
export interface RejectPiece extends RejectChunk {
  readonly id: RejectId;
  readonly shard: ShardKey;
}

/** What is known of a reject without its raw bytes. */
export interface RejectSummary {
  readonly id: RejectId;
  readonly shard: ShardKey;
  readonly sequenceNumber: string;
  /** The record's entry at which it starts. */
  readonly entry: number;
  readonly arrivedAt: EpochMs;
  readonly reason: string;
  /** Of how many chunks its raw bytes consist. */
  readonly chunks: number;
}

export interface Reject extends RejectSummary {
  /** The line's bytes, or the record's where no line is to blame. */
  readonly raw: Uint8Array;
  /** Whether `raw` is all of it: the rest may belong to an epoch that has not run. */
  readonly isComplete: boolean;
}

export interface ReasonCount {
  /** What the reasons have in common, without the values found. */
  readonly reason: string;
  readonly count: number;
}

/** What a piece says of its reject; its reason only where it is the first. */
export const summaryOf = (piece: RejectPiece): RejectSummary => ({
  id: piece.id,
  shard: piece.shard,
  sequenceNumber: piece.sequenceNumber,
  entry: piece.entry,
  arrivedAt: piece.arrivedAt,
  reason: piece.reason,
  chunks: piece.chunks,
});

/** @param raws what is stored of its chunks, by chunk; none of it after the first that is missing is used */
export function assembleReject(summary: RejectSummary, raws: readonly (Uint8Array | undefined)[]): Reject {
  const known: Uint8Array[] = [];
  for (const raw of raws) {
    if (raw === undefined) break;
    known.push(raw);
  }
  const raw = new Uint8Array(known.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of known) {
    raw.set(chunk, at);
    at += chunk.length;
  }
  return { ...summary, raw, isComplete: known.length === summary.chunks };
}

/** Counts reasons by what they have in common: the most frequent first, then by UTF-8 bytes. */
export function countReasons(
  reasons: Iterable<readonly [reason: string, count: number]>,
): readonly ReasonCount[] {
  const counts = new Map<string, number>();
  for (const [reason, count] of reasons) {
    const common = withoutValue(reason);
    counts.set(common, (counts.get(common) ?? 0) + count);
  }
  return [...counts]
    .map(([reason, count]) => ({ reason, count }))
    .sort((a, b) => b.count - a.count || compareUtf8(a.reason, b.reason));
}

/** A reason without what differs from record to record: the value found, a parser's words, a number of lines. */
const withoutValue = (reason: string): string =>
  reason
    .replace(/, got (?:"|-?\d|an array of ).*$/s, "")
    .replace(/(: not JSON): .*$/s, "$1")
    .replace(/: \d+ more lines /, ": more lines ");
