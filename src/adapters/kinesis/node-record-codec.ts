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
      return gunzipSync(data, { maxOutputLength: maxBytes });
    } catch (cause) {
      if (cause instanceof RangeError && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE")
        return undefined;
      throw cause;
    }
  },
  sha256: (text) => hash("sha256", text, "hex"),
};

/** The `seal` of a `BlockBuilder`: a gzip block as a record. */
export function sealBlock(partitionKey: string, text: string): StreamRecord {
  return { partitionKey, data: gzipSync(text, { level }) };
}

/** The same, compressed by another thread. */
export async function sealBlockAsync(partitionKey: string, text: string): Promise<StreamRecord> {
  return { partitionKey, data: await gzipAsync(text, { level }) };
}
