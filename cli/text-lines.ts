import { isUtf8 } from "node:buffer";
import type { Rejection } from "#src/wire/play-codec.ts";

/** No play comes near it; what is longer is not kept in memory. */
export const maxLineBytes = 1024 * 1024;
const lineFeed = 0x0a;

const tooLong: Rejection = { field: "record", reason: `longer than ${maxLineBytes} bytes` };
export const notUtf8: Rejection = { field: "record", reason: "not UTF-8" };

/** The text of a line, or why it has none. */
export const decodeLine = (line: Buffer): string | Rejection =>
  isUtf8(line) ? line.toString("utf8") : notUtf8;

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
