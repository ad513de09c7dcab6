import type { ArchivedRecord, ErasedEntry } from "../domain/archive.ts";
import { CorruptStoreError } from "../domain/errors.ts";
import type { EpochMs } from "../domain/play.ts";
import type { ShardKey } from "../domain/position.ts";
import { isObject } from "./json.ts";
import { shorten } from "./show-value.ts";

/** What is different in a browser and in Node. */
export interface Base64 {
  encode(data: Uint8Array): string;
  decode(text: string): Uint8Array;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf8 = new TextEncoder();

/**
 * A record as one line of JSON (`archive.v1`): `shard`, `seq`, `at` (epoch ms), `key`, and its data as `text` where it is
 * UTF-8, else as `base64`; `erased` as `[[entry, was], ...]` where something was.
 */
export function encodeArchiveLine(record: ArchivedRecord, base64: Base64): string {
  const { shard, sequenceNumber: seq, arrivedAt: at, partitionKey: key, data, erased } = record;
  const text = textOf(data);
  const content = text === undefined ? { base64: base64.encode(data) } : { text };
  const gone = erased === undefined ? {} : { erased: erased.map(({ entry, was }) => [entry, was]) };
  return JSON.stringify({ shard, seq, at, key, ...content, ...gone });
}

/**
 * Reads `encodeArchiveLine`'s line.
 *
 * @throws CorruptStoreError where it is not one
 */
export function decodeArchiveLine(line: string, base64: Base64): ArchivedRecord {
  const json = parse(line);
  const { shard, seq, at, key, text, base64: encoded, erased } = json;
  const data = typeof text === "string" ? utf8.encode(text) : undefined;
  const isRecord =
    typeof shard === "string" &&
    typeof seq === "string" &&
    /^\d+$/.test(seq) &&
    typeof at === "number" &&
    typeof key === "string" &&
    (data !== undefined || typeof encoded === "string");
  if (!isRecord) throw new CorruptStoreError(`no line of an archive: ${shorten(line)}`);
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
    throw new CorruptStoreError(`no line of an archive: ${shorten(line)}`, { cause });
  }
  throw new CorruptStoreError(`no line of an archive: ${shorten(line)}`);
}

function readErased(erased: unknown, line: string): readonly ErasedEntry[] {
  if (!Array.isArray(erased)) throw new CorruptStoreError(`no line of an archive: ${shorten(line)}`);
  return erased.map(([entry, was]) => ({ entry, was }));
}

/** Undefined where a reader of text would not get the same bytes back. */
function textOf(data: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(data);
  } catch {
    return undefined; // it says no more than that a byte is wrong
  }
}
