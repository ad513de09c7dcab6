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

/** Room for a chunk of a file and the start of a line before it. */
const usualBytes = 384 * 1024;

/**
 * Cuts chunks of bytes at the ends of lines, of any length and in any encoding. What it yields, and a chunk, holds only until
 * the next is asked for.
 *
 * @param failure why the chunks ended early, if they did: it then stands for the line on which they ended
 */
export async function* byteLines(
  chunks: AsyncIterable<Buffer>,
  failure: () => Rejection | undefined,
): AsyncGenerator<ByteLines> {
  /** Lines are put together here; it starts with a line whose end has not come yet. */
  let block = Buffer.allocUnsafeSlow(usualBytes);
  /** Bytes of that line, which are not all in `block` where it is too long. */
  let carried = 0;
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(lineFeed);
    const isTooLong = carried > maxLineBytes;
    if (!isTooLong) block = withAppended(block, carried, chunk);
    if (end === -1) {
      carried += chunk.length;
      continue;
    }
    if (isTooLong) yield* afterLongLine(chunk, end);
    else yield block.subarray(0, carried + end);
    block = withAppended(block, 0, chunk.subarray(end + 1));
    carried = chunk.length - end - 1;
  }
  const cut = failure();
  if (cut !== undefined) yield cut;
  else if (carried > maxLineBytes) yield tooLong;
  else if (carried > 0) yield block.subarray(0, carried);
}

/** The block with a chunk after its first bytes, or a larger copy. */
function withAppended(block: Buffer<ArrayBuffer>, used: number, chunk: Buffer): Buffer<ArrayBuffer> {
  const needed = used + chunk.length;
  let target = block;
  if (needed > block.length) {
    target = Buffer.allocUnsafeSlow(Math.max(needed, 2 * block.length));
    block.copy(target, 0, 0, used);
  }
  chunk.copy(target, used);
  return target;
}

/** The lines of a chunk that starts with the end of a line which is too long. */
function* afterLongLine(chunk: Buffer, end: number): IterableIterator<ByteLines> {
  const start = chunk.indexOf(lineFeed) + 1;
  yield tooLong;
  if (start <= end) yield chunk.subarray(start, end);
}
