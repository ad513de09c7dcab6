import { invalidArgument, KinesisError } from "./kinesis-error.ts";
import { decodeOpaque, encodeOpaque } from "./opaque-text.ts";

const LIFETIME_MS = 300_000;

/** Where a reader goes on. */
export interface ShardIterator {
  readonly streamName: string;
  readonly shardId: string;
  /** Sequence number or TRIM_HORIZON. */
  readonly after: string;
  /** Epoch ms. */
  readonly issuedAtMs: number;
}

/** An opaque text for clients to send back. */
export function encodeIterator({ streamName, shardId, after, issuedAtMs }: ShardIterator): string {
  return encodeOpaque([streamName, shardId, after, issuedAtMs]);
}

/** @throws KinesisError when the text is not an iterator, or one older than five minutes */
export function decodeIterator(text: string, nowMs: number): ShardIterator {
  const [streamName, shardId, after, issuedAtMs] = decodeOpaque(text);
  if (
    typeof streamName !== "string" ||
    typeof shardId !== "string" ||
    typeof after !== "string" ||
    typeof issuedAtMs !== "number"
  ) {
    throw invalidArgument("Invalid ShardIterator.");
  }
  if (nowMs - issuedAtMs > LIFETIME_MS) {
    const ageMs = nowMs - issuedAtMs;
    const message = `Iterator expired. The iterator was created ${ageMs} ms ago, while ${LIFETIME_MS} ms are allowed.`;
    throw new KinesisError("ExpiredIteratorException", message);
  }
  return { streamName, shardId, after, issuedAtMs };
}
