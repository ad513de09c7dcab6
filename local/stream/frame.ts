import { crc32 } from "node:zlib";
import type { StreamPosition } from "./sequence-number.ts";

/*
 * One record on disk, little endian:
 *   0 u32 mark        the file's random number: what a payload cannot imitate when a reader looks for the next frame
 *   4 u32 crc32       of everything after it, seeded with the mark
 *   8 u32 length      of the whole frame, in bytes
 *  12 u32 generation
 *  16 f64 ordinal
 *  24 f64 arrival     epoch ms
 *  32 u16 key length  in bytes
 *  34 partition key (UTF-8), data
 */
const CRC_AT = 4;
const BODY_AT = 8;
const GENERATION_AT = 12;
const ORDINAL_AT = 16;
const ARRIVAL_AT = 24;
const KEY_LENGTH_AT = 32;
const KEY_AT = 34;

/** Bytes of a frame besides its key and data. */
export const FRAME_OVERHEAD_BYTES = KEY_AT;
/** No frame is longer; a longer length is damage. */
export const MAX_FRAME_BYTES = 64 * 1024 * 1024;

/** A record as it stands in a file. `data` is a view of the bytes that were read. */
export interface Frame extends StreamPosition {
  readonly arrivalMs: number;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** Bytes of the frame. */
  readonly length: number;
}

/** What a frame is made of. */
export interface FrameContent extends StreamPosition {
  readonly arrivalMs: number;
  readonly partitionKey: string;
  readonly keyBytes: number;
  readonly data: Uint8Array;
}

/** Bytes the frame of a key and data takes. */
export function frameLength(keyBytes: number, data: Uint8Array): number {
  return KEY_AT + keyBytes + data.byteLength;
}

/** Writes one frame at `offset` and returns the offset behind it. */
export function encodeFrame(target: Buffer, offset: number, mark: number, content: FrameContent): number {
  const end = offset + frameLength(content.keyBytes, content.data);
  target.writeUInt32LE(mark, offset);
  target.writeUInt32LE(end - offset, offset + BODY_AT);
  target.writeUInt32LE(content.generation, offset + GENERATION_AT);
  target.writeDoubleLE(content.ordinal, offset + ORDINAL_AT);
  target.writeDoubleLE(content.arrivalMs, offset + ARRIVAL_AT);
  target.writeUInt16LE(content.keyBytes, offset + KEY_LENGTH_AT);
  target.write(content.partitionKey, offset + KEY_AT, content.keyBytes, "utf8");
  target.set(content.data, offset + KEY_AT + content.keyBytes);
  target.writeUInt32LE(crc32(target.subarray(offset + BODY_AT, end), mark), offset + CRC_AT);
  return end;
}

/**
 * Reads the frame at `offset`: the frame, or how many bytes it claims to have when the buffer ends before it, or
 * "damaged" when no frame with this mark and a right checksum can stand there.
 */
export function decodeFrame(source: Buffer, offset: number, mark: number): Frame | number | "damaged" {
  const available = source.length - offset;
  if (available < KEY_AT) return KEY_AT;
  const length = source.readUInt32LE(offset + BODY_AT);
  const keyBytes = source.readUInt16LE(offset + KEY_LENGTH_AT);
  if (source.readUInt32LE(offset) !== mark) return "damaged";
  if (length > MAX_FRAME_BYTES || length < KEY_AT + keyBytes) return "damaged";
  if (available < length) return length;
  const end = offset + length;
  const crc = crc32(source.subarray(offset + BODY_AT, end), mark);
  if (crc !== source.readUInt32LE(offset + CRC_AT)) return "damaged";
  const dataAt = offset + KEY_AT + keyBytes;
  return {
    generation: source.readUInt32LE(offset + GENERATION_AT),
    ordinal: source.readDoubleLE(offset + ORDINAL_AT),
    arrivalMs: source.readDoubleLE(offset + ARRIVAL_AT),
    partitionKey: source.toString("utf8", offset + KEY_AT, dataAt),
    data: source.subarray(dataAt, end),
    length,
  };
}

/** Whether a whole, undamaged frame begins anywhere in the buffer. */
export function containsFrame(source: Buffer, mark: number): boolean {
  const needle = Buffer.alloc(CRC_AT);
  needle.writeUInt32LE(mark);
  for (let at = source.indexOf(needle); at !== -1; at = source.indexOf(needle, at + 1)) {
    if (typeof decodeFrame(source, at, mark) === "object") return true;
  }
  return false;
}
