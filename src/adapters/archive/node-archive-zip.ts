import { promisify } from "node:util";
import { constants, crc32, deflateRaw, gunzip } from "node:zlib";
import type { ArchiveZip } from "#src/wire/archive-file.ts";

/** A record may be 10 MiB and its line several times as long, escaped; what inflates to more was not written here. */
const longestMember = 256 * 1024 * 1024;

const deflateAsync = promisify(deflateRaw);
const gunzipAsync = promisify(gunzip);

/** Looking for repetitions takes most of the time. */
const strategies = { text: constants.Z_DEFAULT_STRATEGY, packed: constants.Z_HUFFMAN_ONLY };

/** The least that zlib takes. */
const smallestChunk = 64;
/** Holds what a member inflates to, unless one of its records is very long. */
const largestChunk = 16 * 1024 * 1024;

/**
 * Compression by another thread, as Node has it. Chunks are as long as what is expected: Node comes back to the event loop after
 * each, and beside stages that keep it busy each costs a turn.
 */
export const nodeArchiveZip: ArchiveZip = {
  encode: (data) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64"),
  decode: (text) => Buffer.from(text, "base64"),
  deflateRaw: (bytes, content) =>
    deflateAsync(bytes, { chunkSize: chunkFor(bytes.length), strategy: strategies[content] }),
  gunzip: (member) =>
    gunzipAsync(member, { chunkSize: chunkFor(statedLength(member)), maxOutputLength: longestMember }),
  crc32,
};

/** A chunk that is filled is followed by another, if only by an empty one. */
const chunkFor = (bytes: number): number => Math.min(Math.max(smallestChunk, bytes + 1), largestChunk);

/** What the member says that it inflates to; damage may have made it anything. */
const statedLength = (member: Uint8Array): number =>
  Buffer.from(member.buffer, member.byteOffset, member.length).readUInt32LE(member.length - 4);
