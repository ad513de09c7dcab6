import { cutText } from "../domain/cut-text.ts";
import type { PackedTexts } from "../domain/packed-texts.ts";

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Thrown where bytes end early or do not mean what they should. */
export class MalformedBytesError extends Error {
  override readonly name = "MalformedBytesError";
}

/** A buffer that a finished writer has no more use for. */
let spare: Uint8Array<ArrayBuffer> | undefined;
const firstBytes = 256 * 1024;
/** An integer below 2^53 takes no more. */
const mostIntegerBytes = 8;
/** Integers of so many bytes are exact as numbers. */
const safeBytes = 6;
const mostSafe = BigInt(Number.MAX_SAFE_INTEGER);

/** Appends integers, byte strings and lists of strings to a growing buffer. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor() {
    this.#bytes = spare ?? new Uint8Array(firstBytes);
    spare = undefined;
    this.#view = viewOf(this.#bytes);
  }

  /** How many bytes were written so far. */
  get length(): number {
    return this.#length;
  }

  /** A copy of what was written; nothing can be written after. */
  finish(): Uint8Array<ArrayBuffer> {
    const written = this.#bytes.slice(0, this.#length);
    if (this.#bytes.length === firstBytes) spare = this.#bytes;
    this.#bytes = new Uint8Array(0);
    return written;
  }

  /** An integer from 0 to 2^53 - 1, 7 bits a byte, lowest first. */
  unsigned(value: number): void {
    this.#reserve(mostIntegerBytes);
    this.#length = putUnsigned(this.#bytes, this.#length, value);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** A time or the distance of two: the sign is the lowest bit. */
  signed(value: number): void {
    this.unsigned(zigzag(value));
  }

  /** From 0 on: as many bytes as it needs, at most 255, lowest first, after their number. */
  large(value: bigint): void {
    this.#reserve(1);
    const start = this.#length++;
    if (value <= mostSafe) this.#lowBytes(Number(value));
    else this.#words(value);
    this.#bytes[start] = this.#length - start - 1;
  }

  /** Scores of decay mostly are numbers, and half of what bigints take. */
  #lowBytes(value: number): void {
    this.#reserve(mostIntegerBytes);
    for (let rest = value; rest > 0; rest = Math.floor(rest / 0x100))
      this.#bytes[this.#length++] = rest % 0x100;
  }

  #words(value: bigint): void {
    for (let rest = value; rest > 0n; rest >>= wordBits) {
      this.#reserve(4);
      let low = Number(rest & word);
      const isLast = rest <= word;
      for (let i = 0; i < 4 && !(isLast && low === 0); i++) {
        this.#bytes[this.#length++] = low & 0xff;
        low >>>= 8;
      }
    }
  }

  /** UTF-8 after its length, which takes at most four bytes: it is known when the text is there, which moves up then. */
  text(value: string): void {
    this.#reserve(value.length * 3 + mostIntegerBytes); // a UTF-16 unit takes at most three bytes
    const start = this.#length + 4;
    const written = putText(this.#bytes, start, value) - start;
    this.unsigned(written);
    this.#bytes.copyWithin(this.#length, start, start + written);
    this.#length += written;
  }

  /** What `write` appends, after its length: as `bytes` of what another writer has finished. */
  sized(write: () => void): void {
    this.#reserve(4);
    const start = this.#length + 4;
    this.#length = start;
    write();
    const written = this.#length - start;
    this.#length = start - 4;
    this.unsigned(written);
    this.#bytes.copyWithin(this.#length, start, start + written);
    this.#length += written;
  }

  /** A column of integers from 0 to 2^53 - 1. */
  unsignedAll(values: ArrayLike<number>): void {
    this.#reserve(values.length * mostIntegerBytes);
    const bytes = this.#bytes;
    let at = this.#length;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? 0;
      if (value < 0x80) bytes[at++] = value;
      else at = putUnsigned(bytes, at, value);
    }
    this.#length = at;
  }

  /** A column of integers as differences, which are small where neighbours are alike. */
  deltas(values: ArrayLike<number>): void {
    this.#reserve(values.length * mostIntegerBytes);
    const bytes = this.#bytes;
    let at = this.#length;
    let before = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? 0;
      const difference = value - before;
      at = putUnsigned(bytes, at, zigzag(difference));
      before = value;
    }
    this.#length = at;
  }

  /** A column of 32-bit unsigned integers, little endian. */
  words(values: ArrayLike<number>): void {
    this.#reserve(values.length * 4);
    for (let i = 0; i < values.length; i++) this.#view.setUint32(this.#length + i * 4, values[i] ?? 0, true);
    this.#length += values.length * 4;
  }

  bytes(value: Uint8Array): void {
    this.unsigned(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** Bytes from `start` to `end`, without their length. For few bytes at once a call of `set` is dear. */
  append(value: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    const bytes = this.#bytes;
    let at = this.#length;
    for (let i = start; i < end; i++) bytes[at++] = value[i] ?? 0;
    this.#length = at;
  }

  /** Strings without lone surrogates: their lengths in UTF-16 units, then all of them in one run of UTF-8. */
  strings(values: readonly string[]): void {
    this.unsigned(values.length);
    this.#reserve(values.length * mostIntegerBytes);
    let units = 0;
    for (const value of values) {
      units += value.length;
      this.#length = putUnsigned(this.#bytes, this.#length, value.length);
    }
    this.#reserve(4 + 3 * units); // a UTF-16 unit takes at most three bytes
    const start = this.#length + 4;
    let at = start;
    for (const value of values) at = putText(this.#bytes, at, value);
    this.words([at - start]);
    this.#length = at;
  }

  /** What `strings` writes, of texts that are packed already. */
  packedTexts({ count, lengths, bytes, used }: PackedTexts): void {
    this.unsigned(count);
    this.unsignedAll(lengths.subarray(0, count));
    this.words([used]);
    this.#reserve(used);
    this.#bytes.set(bytes.subarray(0, used), this.#length);
    this.#length += used;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = viewOf(grown);
  }
}

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const wordBits = 32n;
const word = 0xffff_ffffn;

const zigzag = (value: number): number => (value >= 0 ? value * 2 : -value * 2 - 1);
const unzigzag = (code: number): number => (code % 2 === 0 ? code / 2 : -(code + 1) / 2);

/** Writes an integer as `ByteWriter.unsigned` says, and returns where the next one goes. */
function putUnsigned(bytes: Uint8Array, at: number, value: number): number {
  let next = at;
  let rest = value;
  while (rest > 0x7f) {
    if (rest < 0x8000_0000) {
      bytes[next++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    } else {
      bytes[next++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
  }
  bytes[next++] = rest;
  return next;
}

/** Writes a text and returns where the next one goes. Most are short and ASCII, for which a call out of the engine is dear. */
function putText(bytes: Uint8Array, at: number, text: string): number {
  const { length } = text;
  if (length > longestCopied) return at + textEncoder.encodeInto(text, bytes.subarray(at)).written;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return at + textEncoder.encodeInto(text, bytes.subarray(at)).written;
    bytes[at + i] = unit;
  }
  return at + length;
}
const longestCopied = 100;

/** Whether words lie in typed arrays as they do in what is written. */
const isLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

type NumberColumn = number[] | Uint8Array | Uint16Array | Uint32Array | Float64Array;
type ColumnType<Column> = new (length: number) => Column;

/** Texts one after the other. */
export interface TextRun {
  /** UTF-16 units of each. */
  readonly lengths: Uint32Array;
  /** All of them, UTF-8. */
  readonly bytes: Uint8Array;
}

/** The texts of a run. Throws where they are no UTF-8. */
export const textsOf = ({ lengths, bytes }: TextRun): string[] => cutText(textDecoder.decode(bytes), lengths);

/** Reads what `ByteWriter` wrote. Throws `MalformedBytesError` past the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new MalformedBytesError(`bytes end at ${this.#bytes.length}`);
    return byte;
  }

  unsigned(): number {
    const bytes = this.#bytes;
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = bytes[this.#at++];
      if (byte === undefined) throw new MalformedBytesError(`bytes end at ${bytes.length} inside an integer`);
      if (byte < 0x80) return value + byte * scale;
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
    }
  }

  signed(): number {
    return unzigzag(this.unsigned());
  }

  large(): bigint {
    const length = this.byte();
    this.expect(length);
    if (length <= safeBytes) return BigInt(this.#lowBytes(length));
    let value = 0n;
    for (let end = length; end > 0; ) {
      const size = end % 4 === 0 ? 4 : end % 4;
      let low = 0;
      for (let i = end - 1; i >= end - size; i--) low = low * 0x100 + (this.#bytes[this.#at + i] ?? 0);
      value = (value << BigInt(size * 8)) | BigInt(low);
      end -= size;
    }
    this.#at += length;
    return value;
  }

  #lowBytes(length: number): number {
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = value * 0x100 + (this.#bytes[this.#at + i] as number);
    this.#at += length;
    return value;
  }

  text(): string {
    return textDecoder.decode(this.#next(this.unsigned()));
  }

  /** A column of integers; `Column` has to hold what was written. */
  unsignedAll<Column extends NumberColumn>(count: number, Column: ColumnType<Column>): Column {
    this.expect(count);
    const values = new Column(count);
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < count; i++) {
      const low = bytes[at] ?? 0x80;
      const high = bytes[at + 1] ?? 0x80;
      if (low < 0x80) {
        values[i] = low;
        at += 1;
      } else if (high < 0x80) {
        values[i] = (low & 0x7f) | (high << 7);
        at += 2;
      } else {
        this.#at = at;
        values[i] = this.unsigned();
        at = this.#at;
      }
    }
    this.#at = at;
    return values;
  }

  deltas<Column extends NumberColumn>(count: number, Column: ColumnType<Column>): Column {
    this.expect(count);
    const values = new Column(count);
    let value = 0;
    for (let i = 0; i < count; i++) {
      value += unzigzag(this.unsigned());
      values[i] = value;
    }
    return values;
  }

  words(count: number): Uint32Array {
    this.expect(count * 4);
    const start = this.#at;
    this.#at += count * 4;
    if (isLittleEndian) return new Uint32Array(new Uint8Array(this.#bytes.subarray(start, this.#at)).buffer);
    const view = viewOf(this.#bytes);
    return Uint32Array.from({ length: count }, (_, i) => view.getUint32(start + i * 4, true));
  }

  bytes(): Uint8Array {
    return this.#next(this.unsigned());
  }

  /** All bytes that are left. */
  rest(): Uint8Array {
    const value = this.#bytes.subarray(this.#at);
    this.#at = this.#bytes.length;
    return value;
  }

  /** What `strings` reads, as bytes. */
  textRun(): TextRun {
    const count = this.unsigned();
    this.expect(count);
    const lengths = this.unsignedAll(count, Uint32Array);
    const [length = 0] = this.words(1);
    return { lengths, bytes: this.#next(length) };
  }

  strings(): string[] {
    return textsOf(this.textRun());
  }

  #next(length: number): Uint8Array {
    this.expect(length);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** Refuses a count that the rest cannot hold before memory is taken for it. */
  expect(atLeast: number): void {
    const left = this.#bytes.length - this.#at;
    if (atLeast > left) throw new MalformedBytesError(`${atLeast} more bytes expected, ${left} left`);
  }

  expectEnd(): void {
    const left = this.#bytes.length - this.#at;
    if (left > 0) throw new MalformedBytesError(`${left} bytes too many`);
  }
}
