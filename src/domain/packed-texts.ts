import { type ByteStore, copyBytes, hashBytes } from "./byte-words.ts";
import { cutText } from "./cut-text.ts";

const firstTexts = 256;
const firstBytes = 8 * 1024;

/** Texts as a segment has them: their lengths in UTF-16 units, and their UTF-8 in one run. */
export class PackedTexts {
  /** Of the first `count` texts. */
  lengths = new Uint32Array(firstTexts);
  count = 0;
  /** The first `used` of them are the texts'. */
  bytes = new Uint8Array(firstBytes);
  view = new DataView(this.bytes.buffer);
  used = 0;

  /** @param text without lone surrogates */
  add(text: string): void {
    this.#addLength(text.length);
    this.#reserve(3 * text.length); // a UTF-16 unit takes at most three bytes
    this.used = putUtf8(this.bytes, this.used, text);
  }

  /** Adds texts as `packTexts` left them in a store, and returns their hash. */
  addPacked({ view }: ByteStore, start: number, texts: number): number {
    const size = view.getInt32(start + sizeAt, true);
    const first = start + lengthsAt;
    const bytes = first + lengthBytes * texts;
    for (let at = first; at < bytes; at += lengthBytes) this.#addLength(view.getUint16(at, true));
    this.#reserve(size);
    copyBytes(view, bytes, this.view, this.used, size);
    this.used += size;
    return view.getInt32(start + hashAt, true);
  }

  /** All texts as strings. */
  strings(): string[] {
    return cutText(utf8.decode(this.bytes.subarray(0, this.used)), this.lengths.subarray(0, this.count));
  }

  /** A hash of the bytes from a place on; the texts' hash where they begin there. */
  hashFrom(start: number): number {
    return hashBytes(this.view, start, this.used - start);
  }

  /** Goes back to fewer texts and bytes, as `count` and `used` were before. */
  cut(count: number, used: number): void {
    this.count = count;
    this.used = used;
  }

  #addLength(units: number): void {
    if (this.count === this.lengths.length) {
      const grown = new Uint32Array(2 * this.count);
      grown.set(this.lengths);
      this.lengths = grown;
    }
    this.lengths[this.count++] = units;
  }

  #reserve(more: number): void {
    const needed = this.used + more;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
    grown.set(this.bytes.subarray(0, this.used));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}

/** What `packTexts` leaves free, for the dictionary that saw these texts last and their index there (name-dictionary.ts). */
export const dictionaryAt = 0;
export const indexAt = 4;
/** What it writes: the hash, how many bytes of UTF-8 there are, the lengths, and these bytes. */
const hashAt = 8;
const sizeAt = 12;
const lengthsAt = 16;
const lengthBytes = 2;
const scratch = new PackedTexts();

/** Texts of at most 65,535 UTF-16 units in a form that `addPacked` copies. */
export function packTexts(texts: readonly string[]): Uint8Array {
  scratch.cut(0, 0);
  for (const text of texts) scratch.add(text);
  const bytesAt = lengthsAt + lengthBytes * texts.length;
  const packed = new Uint8Array(bytesAt + scratch.used);
  const view = new DataView(packed.buffer);
  view.setInt32(hashAt, scratch.hashFrom(0), true);
  view.setInt32(sizeAt, scratch.used, true);
  for (const [i, text] of texts.entries()) view.setUint16(lengthsAt + lengthBytes * i, text.length, true);
  packed.set(scratch.bytes.subarray(0, scratch.used), bytesAt);
  return packed;
}

/** What `packTexts` was given. */
export function unpackTexts({ bytes, view }: ByteStore, start: number, texts: number): string[] {
  const first = start + lengthsAt;
  const lengths = Array.from({ length: texts }, (_, i) => view.getUint16(first + lengthBytes * i, true));
  const from = first + lengthBytes * texts;
  return cutText(utf8.decode(bytes.subarray(from, from + view.getInt32(start + sizeAt, true))), lengths);
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Writes a text as UTF-8 and returns where the next one goes. */
function putUtf8(bytes: Uint8Array, start: number, text: string): number {
  let at = start;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes[at++] = unit;
    else if ((unit & 0xfc00) !== 0xd800) at = putCodePoint(bytes, at, unit);
    else at = putCodePoint(bytes, at, text.codePointAt(i++) ?? 0);
  }
  return at;
}

/** Writes a code point beyond ASCII (RFC 3629, section 3). */
function putCodePoint(bytes: Uint8Array, start: number, code: number): number {
  let at = start;
  if (code < 0x800) bytes[at++] = 0xc0 | (code >>> 6);
  else {
    if (code < 0x1_0000) bytes[at++] = 0xe0 | (code >>> 12);
    else {
      bytes[at++] = 0xf0 | (code >>> 18);
      bytes[at++] = 0x80 | ((code >>> 12) & 0x3f);
    }
    bytes[at++] = 0x80 | ((code >>> 6) & 0x3f);
  }
  bytes[at++] = 0x80 | (code & 0x3f);
  return at;
}
