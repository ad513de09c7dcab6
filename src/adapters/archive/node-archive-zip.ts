import { promisify } from "node:util";
import { crc32, deflateRaw, gunzip } from "node:zlib";
import type { ArchiveZip } from "#src/wire/archive-file.ts";

/** A record may be 10 MiB and its line several times as long, escaped; what inflates to more was not written here. */
const longestMember = 256 * 1024 * 1024;

const deflateAsync = promisify(deflateRaw);
const gunzipAsync = promisify(gunzip);

/** Compression by another thread, as Node has it. */
export const nodeArchiveZip: ArchiveZip = {
  encode: (data) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64"),
  decode: (text) => Buffer.from(text, "base64"),
  deflateRaw: (bytes) => deflateAsync(bytes),
  gunzip: (member) => gunzipAsync(member, { maxOutputLength: longestMember }),
  crc32,
};
