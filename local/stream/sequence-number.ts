/**
 * Where a record stands in its shard. `ordinal` counts the shard's records from 1 without gaps; `generation` counts
 * how often the stream was opened, so that a number is never given twice even when a power cut took back records
 * which a consumer had already seen.
 */
export interface StreamPosition {
  readonly generation: number;
  readonly ordinal: number;
}

/** Before the first record of a shard. */
export const ORIGIN: StreamPosition = { generation: 0, ordinal: 0 };

const PREFIX = "49";
const GENERATION_DIGITS = 10;
const FILLER = "0".repeat(22);
const ORDINAL_DIGITS = 16;
const SHARD_DIGITS = 6;
const PATTERN = new RegExp(
  `^${PREFIX}(\\d{${GENERATION_DIGITS}})${FILLER}(\\d{${ORDINAL_DIGITS}})(\\d{${SHARD_DIGITS}})$`,
);

/** Negative, zero or positive as `a` stands before, at or after `b`. */
export function comparePositions(a: StreamPosition, b: StreamPosition): number {
  return a.generation - b.generation || a.ordinal - b.ordinal;
}

/** Makes a shard's sequence numbers: 56 digits as in Kinesis, in string order, and different in every shard. */
export function sequenceNumberFormatter(generation: number, shardIndex: number): (ordinal: number) => string {
  const head = PREFIX + String(generation).padStart(GENERATION_DIGITS, "0") + FILLER;
  const tail = String(shardIndex).padStart(SHARD_DIGITS, "0");
  return (ordinal) => head + String(ordinal).padStart(ORDINAL_DIGITS, "0") + tail;
}

/** The position a sequence number names, or undefined when it is not one of the given shard's. */
export function parseSequenceNumber(text: string, shardIndex: number): StreamPosition | undefined {
  const match = PATTERN.exec(text);
  if (match === null || Number(match[3]) !== shardIndex) return undefined;
  return { generation: Number(match[1]), ordinal: Number(match[2]) };
}
