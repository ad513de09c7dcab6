import type { ArchivedRecord, ErasedEntry } from "../domain/archive.ts";
import { CorruptStoreError } from "../domain/errors.ts";
import type { EpochMs } from "../domain/play.ts";
import type { ShardKey } from "../domain/position.ts";
import { isGzip } from "./gzip.ts";
import { isObject } from "./json.ts";
import { shorten } from "./show-value.ts";

/** What is different in a browser and in Node. */
export interface Base64 {
  encode(data: Uint8Array): string;
  decode(text: string): Uint8Array;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf8 = new TextEncoder();

/** Each line carries it, so that it says what it is wherever it is copied to. */
const schema = "archive.v1";

/**
 * A record as one line of JSON: `schema`, `shard`, `seq`, `at` (epoch ms), `key`, and its data as `text` where it is UTF-8,
 * else as `base64`; `erased` as `[[entry, was, id, marked], ...]` where something was, without the last two where there are none.
 */
export function encodeArchiveLine(record: ArchivedRecord, base64: Base64): string {
  const { shard, sequenceNumber: seq, arrivedAt: at, partitionKey: key, data, erased } = record;
  const text = textOf(data);
  const content = text === undefined ? { base64: base64.encode(data) } : { text };
  const gone = erased === undefined ? {} : { erased: erased.map(rowOf) };
  return JSON.stringify({ schema, shard, seq, at, key, ...content, ...gone });
}

/**
 * Reads `encodeArchiveLine`'s line.
 *
 * @throws CorruptStoreError where it is not one
 */
export function decodeArchiveLine(line: string, base64: Base64): ArchivedRecord {
  const json = parse(line);
  if (json["schema"] !== schema) throw notALine(line);
  const { shard, seq, at, key, text, base64: encoded, erased } = json;
  const data = typeof text === "string" ? utf8.encode(text) : undefined;
  const isRecord =
    typeof shard === "string" &&
    typeof seq === "string" &&
    /^\d+$/.test(seq) &&
    Number.isSafeInteger(at) &&
    typeof key === "string" &&
    (data !== undefined || typeof encoded === "string");
  if (!isRecord) throw notALine(line);
  return {
    shard: shard as ShardKey,
    sequenceNumber: seq,
    arrivedAt: at as EpochMs,
    partitionKey: key,
    data: data ?? base64.decode(encoded as string),
    ...(erased === undefined ? {} : { erased: readErased(erased, line) }),
  };
}

function parse(line: string): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(line);
    if (isObject(json)) return json;
  } catch (cause) {
    throw notALine(line, cause);
  }
  throw notALine(line);
}

const kinds: readonly unknown[] = [
  "play",
  "unqualified",
  "duplicate",
  "reject",
  "piece",
] satisfies ErasedEntry["was"][];

const rowOf = ({ entry, was, id, isMarked }: ErasedEntry): readonly unknown[] =>
  id === undefined ? [entry, was] : [entry, was, id, ...(isMarked === true ? [true] : [])];

function readErased(erased: unknown, line: string): readonly ErasedEntry[] {
  if (!Array.isArray(erased)) throw notALine(line);
  return erased.map((row: unknown) => {
    const [entry, was, id, isMarked, ...more] = Array.isArray(row) ? row : [];
    const isEntry =
      Number.isSafeInteger(entry) &&
      kinds.includes(was) &&
      (id === undefined || (typeof id === "string" && /^[\da-f]{16}$/.test(id))) &&
      (isMarked === undefined || (isMarked === true && id !== undefined)) &&
      more.length === 0;
    if (!isEntry) throw notALine(line);
    return {
      entry,
      was,
      ...(id === undefined ? {} : { id }),
      ...(isMarked === undefined ? {} : { isMarked }),
    };
  });
}

const notALine = (line: string, cause?: unknown): CorruptStoreError =>
  new CorruptStoreError(`no line of ${schema}: ${shorten(line)}`, { cause });

/** Undefined where a reader of text would not get the same bytes back: gzip's second byte begins no character. */
function textOf(data: Uint8Array): string | undefined {
  if (isGzip(data)) return undefined;
  try {
    return strictUtf8.decode(data);
  } catch {
    return undefined; // it says no more than that a byte is wrong
  }
}
