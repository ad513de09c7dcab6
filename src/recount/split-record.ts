import type { Tools } from "./archived.ts";
import { columnarLines, startsAsColumnar } from "./columnar-lines.ts";
import { fitsIn, textOf } from "./text.ts";

/** A part of a record that is one play or one reject. */
export interface Line {
  /** Its number among the lines of its block, blank ones included, from 0; 0 for a record that is no block. */
  readonly number: number;
  /** Undefined where it is no UTF-8. */
  readonly text: string | undefined;
  /** What a reject of it keeps. */
  readonly raw: string | Uint8Array;
}

const maxBlockBytes = 8_388_608;
const maxPlayBytes = 10_240;
const byteOrderMark = "\u{feff}";

export const startsAsGzip = (data: Uint8Array): boolean => data[0] === 31 && data[1] === 139;

/** The lines of a record that are not blank; undefined where it is broken or expands to more than 8 MiB. */
export function splitRecord(data: Uint8Array, gunzip: Tools["gunzip"]): Iterable<Line> | undefined {
  if (startsAsColumnar(data)) return splitColumns(data);
  if (!startsAsGzip(data)) return [wholeRecord(data)];
  try {
    const block = gunzip(data, maxBlockBytes);
    if (block !== undefined && startsAsColumnar(block)) return splitColumns(block);
    return block && splitBlock(block);
  } catch {
    return undefined; // why it is broken is nothing that counts
  }
}

const splitColumns = (data: Uint8Array): readonly Line[] | undefined =>
  columnarLines(data)?.map((text, number) => ({ number, text, raw: text }));

function wholeRecord(data: Uint8Array): Line {
  const text = data.length === 0 ? undefined : textOf(data);
  const json = text && withoutMark(text);
  // White space around a play does not make it too long.
  const fits = json !== undefined && fitsIn(maxPlayBytes, json);
  return { number: 0, text: fits ? json : json?.trim(), raw: data };
}

function splitBlock(block: Uint8Array): Iterable<Line> {
  const text = textOf(block);
  return text === undefined ? byteLines(block) : textLines(text);
}

function* textLines(text: string): IterableIterator<Line> {
  for (const [number, line] of withoutMark(text).split("\n").entries()) {
    if (!isBlank(line)) yield { number, text: withoutReturn(line), raw: line };
  }
}

/** Lines of a block of which some are no UTF-8. */
function* byteLines(block: Uint8Array): IterableIterator<Line> {
  for (let [number, start] = [0, 0]; start < block.length; number++) {
    const feed = block.indexOf(10, start);
    const end = feed < 0 ? block.length : feed;
    const raw = block.subarray(start, end);
    const text = textOf(raw);
    const line = text !== undefined && start === 0 ? withoutMark(text) : text;
    if (line === undefined) yield { number, text: undefined, raw };
    else if (!isBlank(line)) yield { number, text: withoutReturn(line), raw };
    start = end + 1;
  }
}

const withoutMark = (text: string): string => (text.startsWith(byteOrderMark) ? text.slice(1) : text);
const withoutReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line);
const isBlank = (line: string): boolean => line === "" || (line <= "!" && /^[\t\r ]*$/.test(line));
