import { nodeRecordCodec, sealBlock } from "#src/adapters/kinesis/node-record-codec.ts";
import type { EpochMs, Play, UserId } from "#src/domain/play.ts";
import { ColumnarBlockBuilder } from "#src/wire/columnar-builder.ts";
import { partitionKeyOf } from "#src/wire/partition-key.ts";
import { parsePlay } from "#src/wire/play-codec.ts";

/** What a record of the stream holds: one play as JSON, or a block of plays that share a partition key. */
export const recordKinds = ["json", "gzip", "columnar", "large-columnar"] as const;
export type RecordKind = (typeof recordKinds)[number];

/** What Lambda hands over at once: the data of its records. */
export interface Batch {
  readonly records: readonly (string | Uint8Array)[];
  readonly plays: number;
}

/** Single records in 6 MB of event. */
const singlesPerBatch = 6500;
const playsPerBlock = 80;
/** As a file's blocks are, about. */
const playsPerLargeBlock = 1000;
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
  const blocks =
    kind === "gzip"
      ? gzipBlocks(plays)
      : columnarBlocks(plays, kind === "columnar" ? playsPerBlock : playsPerLargeBlock);
  return { next: () => fullBatch(blocks) };
}

interface Block {
  readonly data: Uint8Array;
  readonly plays: number;
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

function gzipBlocks(plays: Endless<string>): Endless<Block> {
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
        return { data: sealBlock(key, `${lines.join("\n")}\n`).data, plays: playsPerBlock };
      }
    },
  };
}

function columnarBlocks(plays: Endless<string>, playsEach: number): Endless<Block> {
  const builder = new ColumnarBlockBuilder<Block>((_, data, count) => ({ data, plays: count }), playsEach);
  return {
    next() {
      for (;;) {
        const block = builder.add(playOf(plays.next()));
        if (block !== undefined) return block;
      }
    },
  };
}

function playOf(line: string): Play {
  const parsed = parsePlay(line, Number.MAX_SAFE_INTEGER as EpochMs, nodeRecordCodec.sha256);
  if (!parsed.ok) throw new Error(`no play: ${parsed.error.field}: ${parsed.error.reason}`);
  return parsed.value;
}

/** As many blocks as an event holds. */
function fullBatch(blocks: Endless<Block>): Batch {
  const records: Uint8Array[] = [];
  let plays = 0;
  for (let bytes = 0; ; ) {
    const block = blocks.next();
    bytes += Math.ceil(block.data.length / 3) * 4 + envelopeBytes;
    if (bytes > eventBytes) return { records, plays };
    records.push(block.data);
    plays += block.plays;
  }
}
