import { sealBlock } from "#src/adapters/kinesis/node-record-codec.ts";
import type { UserId } from "#src/domain/play.ts";
import { partitionKeyOf } from "#src/wire/partition-key.ts";

/** What a record of the stream holds: one play as JSON, or a gzip block of plays that share a partition key. */
export const recordKinds = ["json", "gzip"] as const;
export type RecordKind = (typeof recordKinds)[number];

/** What Lambda hands over at once: the data of its records. */
export interface Batch {
  readonly records: readonly (string | Uint8Array)[];
  readonly plays: number;
}

/** Single records in 6 MB of event. */
const singlesPerBatch = 6500;
const playsPerBlock = 80;
/** The most that an event of Lambda holds, and what it adds to a record's base64 (its envelope). */
const eventBytes = 6 * 1024 * 1024;
const envelopeBytes = 420;

/** Makes batch after batch out of some plays, which come again with new ids once all were there. */
export function batchesOf(lines: readonly string[], kind: RecordKind): { next(): Batch } {
  const plays = endless(lines);
  if (kind === "json") {
    return {
      next: () => ({
        records: Array.from({ length: singlesPerBatch }, () => plays.next()),
        plays: singlesPerBatch,
      }),
    };
  }
  const blocks = blocksOf(plays);
  return { next: () => fullBatch(blocks) };
}

interface Endless<T> {
  next(): T;
}

const idPattern = /"event_id":"[^"]+/;

function endless(lines: readonly string[]): Endless<string> {
  let at = 0;
  return {
    next() {
      const line = lines[at % lines.length] ?? "";
      const round = Math.floor(at / lines.length);
      at += 1;
      return round === 0 ? line : line.replace(idPattern, (id) => `${id}-${round}`);
    },
  };
}

function blocksOf(plays: Endless<string>): Endless<Uint8Array> {
  const open = new Map<string, string[]>();
  return {
    next() {
      for (;;) {
        const line = plays.next();
        const key = partitionKeyOf((/"user_id":"([^"]+)/.exec(line)?.[1] ?? "") as UserId);
        const lines = open.get(key) ?? [];
        lines.push(line);
        open.set(key, lines);
        if (lines.length < playsPerBlock) continue;
        open.delete(key);
        return sealBlock(key, `${lines.join("\n")}\n`).data;
      }
    },
  };
}

/** As many blocks as an event holds. */
function fullBatch(blocks: Endless<Uint8Array>): Batch {
  const records: Uint8Array[] = [];
  for (let bytes = 0; ; ) {
    const block = blocks.next();
    bytes += Math.ceil(block.length / 3) * 4 + envelopeBytes;
    if (bytes > eventBytes) return { records, plays: records.length * playsPerBlock };
    records.push(block);
  }
}
