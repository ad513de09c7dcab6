import { isUtf8 } from "node:buffer";
import type { Rejection } from "#src/wire/play-codec.ts";

/** No play comes near it; what is longer is not kept in memory. */
export const maxLineBytes = 1024 * 1024;
const lineFeed = 0x0a;

const tooLong: Rejection = { field: "record", reason: `longer than ${maxLineBytes} bytes` };
export const notUtf8: Rejection = { field: "record", reason: "not UTF-8" };

/** Consecutive lines; a line that cannot be read stands for itself as a rejection. */
export interface LineBlock {
  /** The number of the first line; lines count from 1. */
  readonly firstLine: number;
  readonly lines: readonly (string | Rejection)[];
}

/** The text of a line, or why it has none. */
export const decodeLine = (line: Buffer): string | Rejection =>
  isUtf8(line) ? line.toString("utf8") : notUtf8;

function decodeLines(bytes: Buffer): (string | Rejection)[] {
  if (isUtf8(bytes)) return bytes.toString("utf8").split("\n");
  const lines: (string | Rejection)[] = [];
  for (let start = 0; start <= bytes.length; ) {
    const found = bytes.indexOf(lineFeed, start);
    const end = found === -1 ? bytes.length : found;
    const line = bytes.subarray(start, end);
    lines.push(decodeLine(line));
    start = end + 1;
  }
  return lines;
}

/** Whole lines with an LF between them, or why the one line that stands there cannot be read. */
export type ByteLines = Buffer | Rejection;

/**
 * Cuts chunks of bytes at the ends of lines, of any length and in any encoding.
 *
 * @param failure why the chunks ended early, if they did: it then stands for the line on which they ended
 */
export async function* byteLines(
  chunks: AsyncIterable<Buffer>,
  failure: () => Rejection | undefined,
): AsyncGenerator<ByteLines> {
  /** The start of a line whose end has not come yet. */
  let carry: Buffer[] = [];
  let carried = 0;
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(lineFeed);
    if (end === -1) {
      carried += chunk.length;
      if (carried <= maxLineBytes) carry.push(chunk);
      else carry = []; // `carried` remembers that there was too much
      continue;
    }
    if (carried > maxLineBytes) yield* afterLongLine(chunk, end);
    else yield joined(carry, chunk.subarray(0, end));
    carry = [chunk.subarray(end + 1)];
    carried = chunk.length - end - 1;
  }
  const cut = failure();
  if (cut !== undefined) yield cut;
  else if (carried > maxLineBytes) yield tooLong;
  else if (carried > 0) yield joined(carry);
}

/**
 * Cuts chunks of bytes into lines (LF or CRLF; the CR stays), of any length and in any encoding.
 *
 * @param failure why the chunks ended early, if they did: it then stands for the line on which they ended
 */
export async function* textLines(
  chunks: AsyncIterable<Buffer>,
  failure: () => Rejection | undefined,
): AsyncGenerator<LineBlock> {
  let firstLine = 1;
  for await (const block of byteLines(chunks, failure)) {
    const lines = Buffer.isBuffer(block) ? decodeLines(block) : [block];
    yield { firstLine, lines };
    firstLine += lines.length;
  }
}

const joined = (carry: readonly Buffer[], rest?: Buffer): Buffer => {
  const parts = rest === undefined ? carry : [...carry, rest];
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
};

/** The lines of a chunk that starts with the end of a line which is too long. */
function* afterLongLine(chunk: Buffer, end: number): IterableIterator<ByteLines> {
  const start = chunk.indexOf(lineFeed) + 1;
  yield tooLong;
  if (start <= end) yield chunk.subarray(start, end);
}
