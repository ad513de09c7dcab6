import { hash } from "node:crypto";
import { promisify } from "node:util";
import { gunzipSync, gzip, gzipSync } from "node:zlib";
import type { StreamRecord } from "../../ports/play-stream.ts";
import type { RecordCodec } from "../../wire/play-record.ts";

const gzipAsync = promisify(gzip);
/** Level 1 is four times as fast as the default and a sixth larger. */
const level = 1;

/** Gunzip and SHA-256 as Node has them. */
export const nodeRecordCodec: RecordCodec = {
  gunzip(data, maxBytes) {
    try {
      return gunzipSync(data, { maxOutputLength: maxBytes, chunkSize: expectedBytes(data) });
    } catch (cause) {
      if (cause instanceof RangeError && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE")
        return undefined;
      throw cause;
    }
  },
  sha256: (text) => hash("sha256", text, "hex"),
};

/** The smallest and the largest piece in which a block is inflated: a sender may claim any length. */
const smallestPiece = 1024;
const largestPiece = 256 * 1024;

/** What the end of a gzip says its length is, modulo 2^32 (RFC 1952): in one piece, a sixth of the time is saved. */
function expectedBytes(data: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = data.subarray(-4);
  const claimed = a + b * 0x100 + c * 0x1_0000 + d * 0x100_0000;
  return Math.min(Math.max(claimed + 1, smallestPiece), largestPiece);
}

/** The `seal` of a `BlockBuilder`: a gzip block as a record. */
export function sealBlock(partitionKey: string, text: string): StreamRecord {
  return { partitionKey, data: gzipSync(text, { level }) };
}

/** The `seal` of a `LineBlockBuilder`: the same, compressed by another thread. */
export async function sealBlockAsync(partitionKey: string, lines: Uint8Array): Promise<StreamRecord> {
  return { partitionKey, data: await gzipAsync(lines, { level }) };
}
