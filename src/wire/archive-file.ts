import type { ArchivedRecord } from "../domain/archive.ts";
import { CorruptStoreError } from "../domain/errors.ts";
import { type Base64, decodeArchiveLine, encodeArchiveLine } from "./archive-codec.ts";
import { isColumnar } from "./columnar-format.ts";
import { isGzip } from "./gzip.ts";

/** Compression and checksums, which a browser and Node have differently. */
export interface ArchiveZip extends Base64 {
  /** @param content `packed`: nearly all of it is compressed data in base64, which has no repetitions to look for */
  deflateRaw(bytes: Uint8Array, content: "text" | "packed"): Promise<Uint8Array>;
  /** Rejects where the bytes are not one whole gzip member. */
  gunzip(member: Uint8Array): Promise<Uint8Array>;
  crc32(bytes: Uint8Array): number;
}

/*
 * A file of an archive is lines (archive-codec.ts) in gzip members, one after the other; any gunzip reads them. Each member's
 * header has an extra field (RFC 1952, 2.3.1.1) that says how long the member is, so that a reader need not inflate to find
 * the next, and a writer that was cut off is told from damage:
 *   0 10 bytes   gzip: deflate, FEXTRA, no time, no system
 *  10 u16        12, the extra field's length
 *  12 "EW" u16   its only subfield, of 8 bytes:
 *  16 u32        the member's length in bytes, header and trailer included
 *  20 u32        crc32 of the 20 bytes before it
 * Numbers are little endian.
 */
const start = Uint8Array.of(0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 12, 0, 0x45, 0x57, 8, 0);
const lengthAt = 16;
const checksumAt = 20;
/** Bytes of a member's header. */
export const memberHeaderBytes = 24;
const trailerBytes = 8;

/** A member takes in lines until it has so many characters: what a reader holds at once. */
const memberLength = 4 * 1024 * 1024;

/** From this share of blocks on, a member is taken for packed: the rest of it then hardly matters. */
const packedShare = 0.9;

const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/** Records in their order as gzip members, the bytes of a file or to append to one. */
export async function encodeArchiveFile(
  records: readonly ArchivedRecord[],
  zip: ArchiveZip,
): Promise<Uint8Array> {
  const members: Uint8Array[] = [];
  let text = "";
  let packed = 0;
  for (const [i, record] of records.entries()) {
    const line = encodeArchiveLine(record, zip);
    text += `${line}\n`;
    if (isGzip(record.data) || isColumnar(record.data)) packed += line.length;
    if (text.length < memberLength && i < records.length - 1) continue;
    const content = packed > packedShare * text.length ? "packed" : "text";
    members.push(await encodeMember(utf8.encode(text), content, zip));
    text = "";
    packed = 0;
  }
  return concat(members);
}

async function encodeMember(
  bytes: Uint8Array,
  content: "text" | "packed",
  zip: ArchiveZip,
): Promise<Uint8Array> {
  const body = await zip.deflateRaw(bytes, content);
  const member = new Uint8Array(memberHeaderBytes + body.length + trailerBytes);
  const view = new DataView(member.buffer);
  member.set(start);
  view.setUint32(lengthAt, member.length, true);
  view.setUint32(checksumAt, zip.crc32(member.subarray(0, checksumAt)), true);
  member.set(body, memberHeaderBytes);
  view.setUint32(member.length - 8, zip.crc32(bytes), true);
  view.setUint32(member.length - 4, bytes.length, true);
  return member;
}

/**
 * How many bytes the member takes that begins with these; undefined where they end within its header.
 *
 * @throws CorruptStoreError where they begin no member
 */
export function memberLengthOf(bytes: Uint8Array, zip: Pick<ArchiveZip, "crc32">): number | undefined {
  if (start.some((byte, i) => i < bytes.length && bytes[i] !== byte))
    throw new CorruptStoreError("no member of an archive");
  if (bytes.length < memberHeaderBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, memberHeaderBytes);
  const length = view.getUint32(lengthAt, true);
  const isWhole = zip.crc32(bytes.subarray(0, checksumAt)) === view.getUint32(checksumAt, true);
  if (isWhole && length >= memberHeaderBytes + trailerBytes) return length;
  throw new CorruptStoreError("the header of a member is damaged");
}

/**
 * The records of a file, member by member.
 *
 * @param cutOff what to do about a last member that is not all there, or a file without any: its writer was cut off, or it
 *   is damage
 * @throws CorruptStoreError naming the offset of what is damaged
 */
export async function* decodeArchiveFile(
  chunks: AsyncIterable<Uint8Array>,
  zip: ArchiveZip,
  cutOff: "skip" | "refuse",
): AsyncIterableIterator<ArchivedRecord> {
  let offset = 0;
  let held: Uint8Array[] = [];
  let size = 0;
  let needed = memberHeaderBytes;
  for await (const chunk of chunks) {
    held.push(chunk);
    size += chunk.length;
    if (size < needed) continue;
    let bytes = concat(held);
    let length = at(offset, () => memberLengthOf(bytes, zip));
    while (length !== undefined && length <= bytes.length) {
      yield* await decodeMember(bytes.subarray(0, length), offset, zip);
      bytes = bytes.subarray(length);
      offset += length;
      length = at(offset, () => memberLengthOf(bytes, zip));
    }
    held = [bytes];
    size = bytes.length;
    needed = length ?? memberHeaderBytes;
  }
  if (size === 0 && (offset > 0 || cutOff === "skip")) return;
  at(offset, () => memberLengthOf(concat(held), zip));
  if (cutOff === "refuse") throw new CorruptStoreError(`the member at byte ${offset} is cut off`);
}

async function decodeMember(
  member: Uint8Array,
  offset: number,
  zip: ArchiveZip,
): Promise<readonly ArchivedRecord[]> {
  const bytes = await zip.gunzip(member).catch((cause: unknown) => {
    throw new CorruptStoreError(`the member at byte ${offset} is damaged`, { cause });
  });
  return at(offset, () => {
    const lines = strictUtf8.decode(bytes).split("\n");
    if (lines.pop() !== "") throw new CorruptStoreError("the last line has no end");
    return lines.map((line) => decodeArchiveLine(line, zip));
  });
}

/** What `decode` gives; what it throws tells where in the file. */
function at<T>(offset: number, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CorruptStoreError(`${reason}, at byte ${offset}`, { cause });
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  return bytes;
}
