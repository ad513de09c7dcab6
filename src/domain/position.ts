import type { EpochMs } from "./play.ts";

/** A shard of a stream: stream name + `/` + shard id. */
export type ShardKey = string & { readonly __brand: "ShardKey" };

/**
 * A place in a shard: the record's sequence number padded to 64 digits, `.`, how many entries of the record are
 * included (7 digits). Positions compare as strings; sequence numbers have up to 56 digits and are never numbers.
 */
export type Position = string & { readonly __brand: "Position" };

const sequenceDigits = 64;
const entryDigits = 7;

/** Before every record. */
export const origin = `${"0".repeat(sequenceDigits)}.${"0".repeat(entryDigits)}` as Position;

export function positionAt(sequenceNumber: string, entries: number): Position {
  return `${sequenceNumber.padStart(sequenceDigits, "0")}.${String(entries).padStart(entryDigits, "0")}` as Position;
}

/**
 * How many entries of the record `sequenceNumber` lie at or before `position`:
 * 0 for a later record, Infinity for an earlier one.
 */
export function entriesBefore(position: Position, sequenceNumber: string): number {
  const padded = sequenceNumber.padStart(sequenceDigits, "0");
  const sequence = position.slice(0, sequenceDigits);
  if (padded > sequence) return 0;
  if (padded < sequence) return Number.POSITIVE_INFINITY;
  return Number(position.slice(sequenceDigits + 1));
}

/** The sequence number of the record in which a position lies; 0 for the origin. */
export const sequenceNumberOf = (position: Position): string =>
  position.slice(0, sequenceDigits).replace(/^0+(?=\d)/, "");

/** What a shard has contributed up to a position. All grow with it. */
export interface ShardCounts {
  /** Accepted plays that are not duplicates. */
  readonly plays: number;
  /** Those of them that are too short to be charted. */
  readonly unqualified: number;
  readonly duplicates: number;
  readonly rejects: number;
}

export const noCounts: ShardCounts = { plays: 0, unqualified: 0, duplicates: 0, rejects: 0 };

export function addCounts(a: ShardCounts, b: ShardCounts): ShardCounts {
  return {
    plays: a.plays + b.plays,
    unqualified: a.unqualified + b.unqualified,
    duplicates: a.duplicates + b.duplicates,
    rejects: a.rejects + b.rejects,
  };
}

export function subtractCounts(a: ShardCounts, b: ShardCounts): ShardCounts {
  return {
    plays: a.plays - b.plays,
    unqualified: a.unqualified - b.unqualified,
    duplicates: a.duplicates - b.duplicates,
    rejects: a.rejects - b.rejects,
  };
}

/** Up to where a shard is inside segments, and what that amounts to. */
export interface Head {
  readonly shard: ShardKey;
  readonly position: Position;
  /** Totals from the shard's first record to `position`. */
  readonly counts: ShardCounts;
  /** The latest arrival up to `position`. */
  readonly arrivedAt: EpochMs;
}
