import type { ArchivedRecord } from "#src/domain/archive.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { ShardKey } from "#src/domain/position.ts";
import { hourMs } from "#src/domain/windows.ts";

/** 2026-11-21T09:00:00Z. */
export const anHour = 1_795_251_600_000 as EpochMs;

export const aShard = "plays/shardId-000000000000" as ShardKey;

/** A Kinesis sequence number of 56 digits. */
export const aSequenceNumber = (n: number): string => `49590338271490256608${String(n).padStart(36, "0")}`;

/** The n-th record of a shard, which arrived so many ms after `anHour`. */
export const anArchivedRecord = (n: number, overrides: Partial<ArchivedRecord> = {}): ArchivedRecord => ({
  shard: aShard,
  sequenceNumber: aSequenceNumber(n),
  arrivedAt: (anHour + n) as EpochMs,
  partitionKey: `listener-${n % 7}`,
  data: new TextEncoder().encode(`{"play":${n}}`),
  ...overrides,
});

/** The records `from` to `to`, both included. */
export const archivedRecords = (
  from: number,
  to: number,
  overrides: Partial<ArchivedRecord> = {},
): ArchivedRecord[] => Array.from({ length: to - from + 1 }, (_, i) => anArchivedRecord(from + i, overrides));

export const hoursLater = (hours: number, ms = 0): EpochMs => (anHour + hours * hourMs + ms) as EpochMs;

export const numbersOf = (records: readonly ArchivedRecord[]): number[] =>
  records.map(({ sequenceNumber }) => Number(sequenceNumber.slice(20)));
