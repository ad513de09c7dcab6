import {
  columnarMagic,
  columnarVersion,
  type RowColumn,
  rowColumns,
  trackColumns,
  valueColumns,
} from "./columnar-format.ts";
import type { ColumnarRows } from "./columnar-rows.ts";
import type { PlayDictionary } from "./play-dictionary.ts";
import type { RareColumn } from "./row-values.ts";

type Numbers = Uint32Array | Float64Array;

/** What a number of the dictionary is in the block; kept between blocks, and right only where `mark` is the block's. */
class Renumbering {
  #mark = new Uint32Array(1024);
  #local = new Uint32Array(1024);
  #current = 0;
  /** Numbers of the dictionary by their own, from 0 on. */
  readonly known: number[] = [];

  begin(): void {
    this.#current += 1;
    this.known.length = 0;
  }

  /** The block's number for one of the dictionary, from 1 on; 0 stays 0. */
  of(number: number): number {
    if (number === 0) return 0;
    if (number >= this.#mark.length) this.#grow(number);
    if (this.#mark[number] !== this.#current) {
      this.#mark[number] = this.#current;
      this.#local[number] = this.known.push(number);
    }
    return this.#local[number] ?? 0;
  }

  #grow(number: number): void {
    const length = Math.max(number + 1, this.#mark.length * 2);
    const [mark, local] = [this.#mark, this.#local];
    this.#mark = new Uint32Array(length);
    this.#mark.set(mark);
    this.#local = new Uint32Array(length);
    this.#local.set(local);
  }
}

/** One block is encoded after the other, so they share these. */
const texts = new Renumbering();
const tracks = new Renumbering();

/** The rows as a columnar block (src/wire/columnar-format.ts). */
export function encodeColumnarBlock(rows: ColumnarRows, dictionary: PlayDictionary): Uint8Array<ArrayBuffer> {
  texts.begin();
  tracks.begin();
  const columns = rowColumns.map((name) => columnOf(name, rows));
  const trackTexts = trackColumns.map((_, field) =>
    tracks.known.map((track) => texts.of(dictionary.textOfTrack(track, field))),
  );
  const writer = new BlockWriter();
  for (const byte of [...columnarMagic, columnarVersion]) writer.byte(byte);
  writer.integer(rows.count);
  writer.integer(texts.known.length);
  writer.integer(tracks.known.length);
  writer.texts(texts.known, dictionary);
  for (const column of trackTexts) writer.column(column, column.length);
  for (const column of columns) writer.column(column, rows.count);
  writer.bytes(rows.ids.subarray(0, rows.idEnd));
  return writer.finish();
}

const nothing = new Uint32Array(1);

/** A column of rows with the block's numbers; one zero stands for a column of them. */
function columnOf(name: RowColumn, rows: ColumnarRows): Numbers {
  if (name === "startedAt" || name === "duration") return rows[name];
  if (name === "user") return renumbered(rows.user, rows.count, texts);
  if (name === "track") return renumbered(rows.track, rows.count, tracks);
  const rare = rows.rare.get(name satisfies RareColumn);
  if (rare === undefined) return nothing;
  return valueColumns.has(name) ? rare : renumbered(rare, rows.count, texts);
}

function renumbered(numbers: Uint32Array, count: number, numbering: Renumbering): Uint32Array {
  const own = new Uint32Array(count);
  for (let i = 0; i < count; i++) own[i] = numbering.of(numbers[i] ?? 0);
  return own;
}

/** The buffer is shared: a block is encoded at once. */
let scratch = new Uint8Array(256 * 1024);

class BlockWriter {
  #length = 0;

  /** A copy of what was written, in a buffer of its own. */
  finish(): Uint8Array<ArrayBuffer> {
    return scratch.slice(0, this.#length);
  }

  byte(value: number): void {
    this.#reserve(1);
    scratch[this.#length++] = value;
  }

  integer(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest > 0x7f) {
      scratch[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    scratch[this.#length++] = rest;
  }

  /** The first `count` values; one zero may stand for all. */
  column(values: Numbers | readonly number[], count: number): void {
    const [smallest, largest] = values === nothing ? [0, 0] : extremes(values, count);
    const width = widthOf(largest - smallest);
    this.integer(smallest);
    this.byte(width);
    this.#reserve(count * width);
    let at = this.#length;
    for (let i = 0; i < count && width > 0; i++, at += width) {
      const difference = (values[i] ?? 0) - smallest;
      scratch[at] = difference;
      if (width > 1) scratch[at + 1] = difference >>> 8;
      if (width > 2) writeHigh(at + 2, width - 2, difference);
    }
    this.#length = at;
  }

  texts(numbers: readonly number[], dictionary: PlayDictionary): void {
    const interned = dictionary.texts;
    this.column(
      numbers.map((number) => dictionary.unitsOf(number)),
      numbers.length,
    );
    let all = 0;
    for (const number of numbers) all += interned.end(number) - interned.start(number);
    this.integer(all);
    this.#reserve(all);
    const { bytes } = interned;
    let to = this.#length;
    for (const number of numbers) {
      const end = interned.end(number);
      for (let at = interned.start(number); at < end; at++) scratch[to++] = bytes[at] ?? 0;
    }
    this.#length = to;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    scratch.set(value, this.#length);
    this.#length += value.length;
  }

  #reserve(more: number): void {
    if (this.#length + more <= scratch.length) return;
    const grown = new Uint8Array(Math.max(this.#length + more, scratch.length * 2));
    grown.set(scratch);
    scratch = grown;
  }
}

/** Writes what is above the lowest 16 bits, in `width` bytes. */
function writeHigh(at: number, width: number, value: number): void {
  scratch[at] = value >>> 16;
  if (width > 1) scratch[at + 1] = value >>> 24;
  if (width <= 2) return;
  const high = Math.floor(value / 0x1_0000_0000);
  scratch[at + 2] = high;
  if (width > 3) scratch[at + 3] = high >>> 8;
}

function extremes(values: Numbers | readonly number[], count: number): readonly [number, number] {
  let [smallest, largest] = [values[0] ?? 0, values[0] ?? 0];
  for (let i = 1; i < count; i++) {
    const value = values[i] ?? 0;
    if (value < smallest) smallest = value;
    if (value > largest) largest = value;
  }
  return [smallest, largest];
}

/** In how many bytes a value fits. */
function widthOf(value: number): number {
  let width = 0;
  for (let rest = value; rest >= 1; rest /= 0x100) width += 1;
  return width;
}
