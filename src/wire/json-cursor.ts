import { endOfPlainText, utf8SequenceLength } from "./byte-text.ts";
import { viewOf } from "./bytes.ts";
import type { JsonKeys } from "./json-keys.ts";

const quote = 0x22;
const comma = 0x2c;
const point = 0x2e;
const space = 0x20;
const zero = 0x30;
const closeBrace = 0x7d;
/** Integers of so many digits are exact, and so is one divided by a power of ten: what JSON.parse gives. */
const mostDigits = 15;
/** "null" as a little-endian word. */
const nullWord = 0x6c6c756e;

const lineFeed = 0x0a;
const isLineSpace = (byte: number): boolean => byte === space || byte === 0x09 || byte === 0x0d;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads JSON of the plainest form from bytes: no escapes, and no white space but one space after a colon or a comma. Every
 * method says when it finds something else; then it is not known where the cursor stands.
 */
export class JsonCursor {
  bytes: Uint8Array = new Uint8Array(0);
  view = viewOf(this.bytes);
  at = 0;
  /** The last text, without its quotes. */
  from = 0;
  to = 0;

  /** Goes to a place in some bytes. */
  open(bytes: Uint8Array, at: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = viewOf(bytes);
    }
    this.at = at;
  }

  /** Goes over one byte if it stands here. */
  skip(byte: number): boolean {
    if (this.bytes[this.at] !== byte) return false;
    this.at += 1;
    return true;
  }

  /** Goes over a key of an object and its colon; -1 where it is none of these keys. */
  key(keys: JsonKeys, before: number): number {
    const key = keys.at(this.view, this.at, this.bytes.length, before);
    if (key >= 0) this.at += keys.lengthOf(key);
    if (this.bytes[this.at] === space) this.at += 1;
    return key;
  }

  /** Goes over a comma. */
  hasNext(): boolean {
    if (this.bytes[this.at] !== comma) return false;
    this.at += this.bytes[this.at + 1] === space ? 2 : 1;
    return true;
  }

  /** Goes over the end of an object. */
  closes(): boolean {
    return this.skip(closeBrace);
  }

  /** Goes over white space, and says whether the line ends there, with a line feed or with the bytes. */
  endsLine(): boolean {
    const { bytes } = this;
    while (isLineSpace(bytes[this.at] ?? lineFeed)) this.at += 1;
    return this.at >= bytes.length || bytes[this.at] === lineFeed;
  }

  skipNull(): boolean {
    if (this.bytes[this.at] !== 0x6e || this.at + 4 > this.bytes.length) return false;
    if (this.view.getInt32(this.at, true) !== nullWord) return false;
    this.at += 4;
    return true;
  }

  /** Goes over a text and returns how many UTF-16 units it has; -1 where there is none, or not a plain one. */
  text(): number {
    const { bytes, view } = this;
    if (bytes[this.at] !== quote) return -1;
    this.from = this.at + 1;
    let at = endOfPlainText(bytes, view, this.from);
    let units = at - this.from;
    while (bytes[at] !== quote) {
      const length = (bytes[at] ?? 0) < 0x80 ? 0 : utf8SequenceLength(bytes, at);
      if (length === 0) return -1;
      const next = endOfPlainText(bytes, view, at + length);
      units += (length === 4 ? 2 : 1) + (next - at - length);
      at = next;
    }
    this.to = at;
    this.at = at + 1;
    return units;
  }

  /** The last text as a string. */
  string(): string {
    return utf8.decode(this.bytes.subarray(this.from, this.to));
  }

  /** An integer without a sign; -1 where there is none. What follows it is not looked at. */
  integer(): number {
    const { bytes } = this;
    const start = this.at;
    let value = 0;
    let at = start;
    for (; ; at++) {
      const digit = (bytes[at] ?? 0) - zero;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
    }
    const digits = at - start;
    if (digits === 0 || digits > mostDigits || (digits > 1 && bytes[start] === zero)) return -1;
    this.at = at;
    return value;
  }

  /** A number without sign and exponent; -1 where there is none. */
  decimal(): number {
    const start = this.at;
    const whole = this.integer();
    if (whole < 0 || !this.skip(point)) return whole;
    let value = whole;
    let scale = 1;
    for (; ; this.at++) {
      const digit = (this.bytes[this.at] ?? 0) - zero;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
      scale *= 10;
    }
    return scale === 1 || this.at - start > mostDigits ? -1 : value / scale;
  }
}
