import type { Result } from "../domain/result.ts";
import { err, ok } from "../domain/result.ts";
import {
  charBytes,
  columnarMagic,
  columnarVersion,
  deepestRest,
  idBytes,
  leastBytes,
  type RowColumn,
  rowBytes,
  rowColumns,
  type TrackColumn,
  trackColumns,
  valueColumns,
} from "./columnar-format.ts";
import { isObject, type JsonObject } from "./json.ts";

/** A columnar block, unpacked. Numbers of texts and tracks count from 1; 0 is none. */
export interface ColumnarBlock {
  readonly rows: number;
  /** By number; the first is none. */
  readonly texts: readonly string[];
  /** Whether some text has a NUL or an "@". */
  readonly hasRareCharacters: boolean;
  /** Numbers of texts, by the number of a track. */
  readonly tracks: Readonly<Record<TrackColumn, Column>>;
  readonly columns: Readonly<Record<RowColumn, Column>>;
  /** What rows have besides, by the number of the text. */
  readonly rests: ReadonlyMap<number, JsonObject>;
  /** For each row without an `id` text, 16 bytes. */
  readonly ids: Uint8Array;
  /** Where in `ids` a row's are; undefined where all rows have some. */
  readonly idAt: Uint32Array | undefined;
  /** How many bytes each row's JSON takes at most. */
  readonly bytes: Uint32Array;
}

export type Column = Uint32Array | Float64Array;

class BrokenBlock extends Error {}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const at = 0x40;

/** Most columns of most blocks hold nothing but zeros: they share these. */
let zeros = new Uint32Array(4096);

function zeroColumn(count: number): Uint32Array {
  if (zeros.length < count) zeros = new Uint32Array(count);
  return zeros.subarray(0, count);
}

/** 2^53 - 1, less what a width of six bytes can add. */
const largestBase = 2 ** 53 - 2 ** 48;

/** Reads a block from its first byte on. Everything throws `BrokenBlock` past the end. */
class BlockReader {
  readonly #bytes: Uint8Array;
  #at: number = columnarMagic.length + 1;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  integer(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 53; scale *= 0x80) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new BrokenBlock("it ends inside an integer");
      value += (byte & 0x7f) * scale;
      if (byte < 0x80 && value <= Number.MAX_SAFE_INTEGER) return value;
    }
    throw new BrokenBlock("an integer above 2^53");
  }

  take(count: number): Uint8Array {
    if (count > this.left) throw new BrokenBlock(`it ends ${count - this.left} bytes early`);
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  /** Values of any size. */
  values(count: number): Column {
    const base = this.integer();
    const width = this.#width();
    if (base > largestBase) throw new BrokenBlock("a column of integers above 2^53");
    if (width === 0) return base === 0 ? zeroColumn(count) : new Float64Array(count).fill(base);
    const packed = this.take(count * width);
    const values = new Float64Array(count);
    const high = Math.max(0, width - 4);
    for (let i = 0, at = 0; i < count; i++, at += width) {
      values[i] = base + (littleEndian(packed, at, width - high) >>> 0);
      if (high > 0) values[i] = (values[i] ?? 0) + littleEndian(packed, at + 4, high) * 0x1_0000_0000;
    }
    return values;
  }

  /** Numbers from 0 to `most`. */
  numbers(count: number, most: number): Uint32Array {
    const base = this.integer();
    const width = this.#width();
    if (base > most) throw new BrokenBlock(`no ${base} among ${most}`);
    if (width === 0) return base === 0 ? zeroColumn(count) : new Uint32Array(count).fill(base);
    if (width > 4) throw new BrokenBlock(`numbers of ${width} bytes`);
    const packed = this.take(count * width);
    const numbers = new Uint32Array(count);
    let largest = 0;
    for (let i = 0, at = 0; i < count; i++, at += width) {
      const number = base + (littleEndian(packed, at, width) >>> 0);
      if (number > largest) largest = number;
      numbers[i] = number;
    }
    if (largest > most) throw new BrokenBlock(`no ${largest} among ${most}`);
    return numbers;
  }

  /** Texts by number. */
  texts(count: number): Pick<ColumnarBlock, "texts" | "hasRareCharacters"> {
    const lengths = this.values(count);
    const bytes = this.take(this.integer());
    const all = strictUtf8.decode(bytes);
    const texts = [""];
    let start = 0;
    for (let i = 0; i < count; i++) {
      const end = start + (lengths[i] ?? 0);
      texts.push(all.slice(start, end));
      start = end;
    }
    if (start !== all.length) throw new BrokenBlock(`texts of ${start} characters, and ${all.length} there`);
    return { texts, hasRareCharacters: bytes.includes(0) || bytes.includes(at) };
  }

  #width(): number {
    const [width = 0] = this.take(1);
    if (width > 6) throw new BrokenBlock(`a column of ${width} bytes a value`);
    return width;
  }
}

/** An integer of 1 to 4 bytes, as 32 bits with a sign. */
function littleEndian(bytes: Uint8Array, at: number, width: number): number {
  let value = bytes[at] ?? 0;
  if (width > 1) value |= (bytes[at + 1] ?? 0) << 8;
  if (width > 2) value |= (bytes[at + 2] ?? 0) << 16;
  if (width > 3) value |= (bytes[at + 3] ?? 0) << 24;
  return value;
}

/**
 * Unpacks a columnar block; every number in it names something. What its fields say is for `columnarRow` and whoever reads
 * them to judge.
 *
 * @param maxBytes what it may expand to
 * @returns or why it is none
 */
export function decodeColumnarBlock(data: Uint8Array, maxBytes: number): Result<ColumnarBlock, string> {
  const version = data[columnarMagic.length];
  if (version !== columnarVersion) return err(`columnar block of version ${version}`);
  try {
    const block = readBlock(new BlockReader(data), maxBytes);
    return block === undefined ? err(`block expands to more than ${maxBytes} bytes`) : ok(block);
  } catch (cause) {
    // A TypeError is the TextDecoder's.
    if (cause instanceof BrokenBlock || cause instanceof TypeError || cause instanceof SyntaxError)
      return err(`broken columnar block: ${cause instanceof BrokenBlock ? cause.message : "its text"}`);
    throw cause;
  }
}

function readBlock(reader: BlockReader, maxBytes: number): ColumnarBlock | undefined {
  const [rows, textCount, trackCount] = [reader.integer(), reader.integer(), reader.integer()];
  // Before memory is taken for them: no block has more of anything, because a column may take no bytes at all.
  if (Math.max(rows * rowBytes, Math.max(textCount, trackCount) * leastBytes) > maxBytes) return undefined;
  const { texts, hasRareCharacters } = reader.texts(textCount);
  const tracks = {} as Record<TrackColumn, Column>;
  for (const name of trackColumns) tracks[name] = afterNone(reader.numbers(trackCount, textCount));
  const columns = {} as Record<RowColumn, Column>;
  for (const name of rowColumns) {
    if (valueColumns.has(name)) columns[name] = reader.values(rows);
    else columns[name] = reader.numbers(rows, name === "track" ? trackCount : textCount);
  }
  const idAt = placesOfIds(columns.id);
  const ids = reader.take(countZeros(columns.id) * idBytes);
  if (reader.left > 0) throw new BrokenBlock(`${reader.left} bytes after its end`);
  const bytes = bytesOfRows(rows, texts, tracks, columns);
  if (sumOf(bytes) > maxBytes) return undefined;
  const rests = restsOf(columns.rest, texts);
  return { rows, texts, hasRareCharacters, tracks, columns, rests, ids, idAt, bytes };
}

function countZeros(column: Column): number {
  if (isZero(column)) return column.length;
  let zeros = 0;
  for (let i = 0; i < column.length; i++) if (column[i] === 0) zeros += 1;
  return zeros;
}

function sumOf(values: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ?? 0;
  return sum;
}

/** The column of tracks 1, 2, and so on, by their numbers. */
function afterNone(column: Uint32Array): Uint32Array {
  const byNumber = new Uint32Array(column.length + 1);
  byNumber.set(column, 1);
  return byNumber;
}

/** Whether a column holds nothing but zeros. */
export function isAbsent(column: Column): boolean {
  if (isZero(column)) return true;
  for (let i = 0; i < column.length; i++) if (column[i] !== 0) return false;
  return true;
}

const isZero = (column: Column): boolean => column.buffer === zeros.buffer;

function placesOfIds(id: Column): Uint32Array | undefined {
  if (isZero(id)) return undefined;
  const places = new Uint32Array(id.length);
  let next = 0;
  for (let i = 0; i < id.length; i++) {
    places[i] = next;
    if (id[i] === 0) next += idBytes;
  }
  return places;
}

function bytesOfRows(
  rows: number,
  texts: readonly string[],
  tracks: ColumnarBlock["tracks"],
  columns: ColumnarBlock["columns"],
): Uint32Array {
  const lengths = new Uint32Array(texts.length);
  for (let i = 0; i < texts.length; i++) lengths[i] = charBytes * (texts[i]?.length ?? 0);
  const ofTrack = new Uint32Array(tracks.id.length);
  for (const name of trackColumns) addLengths(ofTrack, tracks[name], lengths);
  const bytes = new Uint32Array(rows).fill(rowBytes);
  addLengths(bytes, columns.track, ofTrack);
  for (const name of rowColumns) {
    if (name !== "track" && !valueColumns.has(name)) addLengths(bytes, columns[name], lengths);
  }
  return bytes;
}

function addLengths(sums: Uint32Array, numbers: Column, lengths: Uint32Array): void {
  if (isZero(numbers)) return;
  for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] ?? 0) + (lengths[numbers[i] ?? 0] ?? 0);
}

function restsOf(rest: Column, texts: readonly string[]): ReadonlyMap<number, JsonObject> {
  const rests = new Map<number, JsonObject>();
  if (isZero(rest)) return rests;
  for (const number of rest) {
    if (number === 0 || rests.has(number)) continue;
    const json: unknown = JSON.parse(texts[number] ?? "");
    if (!isObject(json) || isDeep(json, deepestRest))
      throw new BrokenBlock("a rest that is no object, or a deep one");
    rests.set(number, json);
  }
  return rests;
}

const isDeep = (value: unknown, levels: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((each) => isDeep(each, levels - 1)));
