const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Thrown where bytes end early or do not mean what they should. */
export class MalformedBytesError extends Error {
  override readonly name = "MalformedBytesError";
}

/** Appends integers, byte strings and lists of strings to a growing buffer. */
export class ByteWriter {
  #bytes = new Uint8Array(64 * 1024);
  #length = 0;

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** An integer from 0 to 2^53 - 1, 7 bits a byte, lowest first. */
  unsigned(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = rest < 0x8000_0000 ? rest >>> 7 : Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A column of integers from 0 to 2^53 - 1. */
  unsignedAll(values: readonly number[]): void {
    for (const value of values) this.unsigned(value);
  }

  /** A column of integers as differences, which are small where neighbours are alike. */
  deltas(values: readonly number[]): void {
    let before = 0;
    for (const value of values) {
      const difference = value - before;
      this.unsigned(difference >= 0 ? difference * 2 : -difference * 2 - 1);
      before = value;
    }
  }

  /** A column of 32-bit unsigned integers, little endian. */
  words(values: readonly number[]): void {
    this.#reserve(values.length * 4);
    for (const value of values) {
      this.#bytes[this.#length++] = value & 0xff;
      this.#bytes[this.#length++] = (value >>> 8) & 0xff;
      this.#bytes[this.#length++] = (value >>> 16) & 0xff;
      this.#bytes[this.#length++] = value >>> 24;
    }
  }

  bytes(value: Uint8Array): void {
    this.unsigned(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** Strings without lone surrogates: their lengths in UTF-16 units, then all of them in one run of UTF-8. */
  strings(values: readonly string[]): void {
    this.unsigned(values.length);
    for (const value of values) this.unsigned(value.length);
    const text = values.join("");
    this.#reserve(4 + 3 * text.length); // a UTF-16 unit takes at most three bytes
    const start = this.#length + 4;
    const { written } = textEncoder.encodeInto(text, this.#bytes.subarray(start));
    this.words([written]);
    this.#length += written;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** Reads what `ByteWriter` wrote. Throws `MalformedBytesError` past the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
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

  unsignedAll(count: number): number[] {
    this.#expect(count);
    const values = new Array<number>(count);
    for (let i = 0; i < count; i++) values[i] = this.unsigned();
    return values;
  }

  deltas(count: number): number[] {
    this.#expect(count);
    const values = new Array<number>(count);
    let value = 0;
    for (let i = 0; i < count; i++) {
      const code = this.unsigned();
      value += code % 2 === 0 ? code / 2 : -(code + 1) / 2;
      values[i] = value;
    }
    return values;
  }

  words(count: number): number[] {
    this.#expect(count * 4);
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, count * 4);
    const values = new Array<number>(count);
    for (let i = 0; i < count; i++) values[i] = view.getUint32(i * 4, true);
    this.#at += count * 4;
    return values;
  }

  bytes(): Uint8Array {
    const length = this.unsigned();
    this.#expect(length);
    const value = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return value;
  }

  strings(): string[] {
    const count = this.unsigned();
    this.#expect(count);
    const lengths = this.unsignedAll(count);
    const text = this.#text();
    let start = 0;
    return lengths.map((length) => {
      const value = text.slice(start, start + length);
      start += length;
      return value;
    });
  }

  #text(): string {
    const [length = 0] = this.words(1);
    this.#expect(length);
    this.#at += length;
    return textDecoder.decode(this.#bytes.subarray(this.#at - length, this.#at));
  }

  /** Refuses a count that the rest cannot hold before memory is taken for it. */
  #expect(atLeast: number): void {
    const left = this.#bytes.length - this.#at;
    if (atLeast > left) throw new MalformedBytesError(`${atLeast} more bytes expected, ${left} left`);
  }
}
