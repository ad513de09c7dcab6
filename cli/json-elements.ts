import { isUtf8 } from "node:buffer";
import type { Rejection } from "#src/wire/play-codec.ts";
import { maxLineBytes, notUtf8 } from "./text-lines.ts";

/** The text of one element of a JSON array, or why there is none, and the line where it starts. */
export interface JsonElement {
  readonly line: number;
  readonly text: string | Rejection;
}

const lineFeed = 0x0a;
const quote = 0x22;
const comma = 0x2c;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

const tooLong: Rejection = { field: "record", reason: `longer than ${maxLineBytes} bytes` };
const cutOff: Rejection = { field: "record", reason: "the file ends inside of it" };

const isSpace = (byte: number): boolean =>
  byte === 0x20 || byte === lineFeed || byte === 0x0d || byte === 0x09;

/**
 * Cuts the bytes of a JSON array, or of JSON values one after the other, into the texts of the values, so that a file
 * of any size needs the memory of one element, and a broken element costs only itself as long as its brackets match.
 */
export class JsonElements {
  #line = 1;
  #inArray = false;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Where the current element starts in the chunk; -1 outside of elements. */
  #start = -1;
  #startLine = 1;
  #carry: Buffer[] = [];
  #carried = 0;
  #found: JsonElement[] = [];

  /** @param chunk which may be overwritten afterwards */
  push(chunk: Buffer): readonly JsonElement[] {
    this.#found = [];
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0;
      if (byte === lineFeed) this.#line += 1;
      if (this.#inString) this.#inText(byte);
      else this.#outsideText(chunk, i, byte);
    }
    if (this.#start !== -1) {
      this.#keep(Buffer.from(chunk.subarray(this.#start)));
      this.#start = 0;
    }
    return this.#found;
  }

  /** @param failure why the bytes ended early, if they did */
  end(failure: Rejection | undefined): readonly JsonElement[] {
    this.#found = [];
    if (failure !== undefined) {
      this.#found.push({ line: this.#start === -1 ? this.#line : this.#startLine, text: failure });
    } else if (this.#start !== -1) {
      if (this.#depth > 0 || this.#inString) this.#found.push({ line: this.#startLine, text: cutOff });
      else this.#finish(Buffer.alloc(0), 0);
    }
    return this.#found;
  }

  #inText(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === backslash) this.#escaped = true;
    else if (byte === quote) this.#inString = false;
  }

  #outsideText(chunk: Buffer, i: number, byte: number): void {
    if (byte === quote) {
      this.#begin(i);
      this.#inString = true;
    } else if (byte === openBrace || byte === openBracket) {
      this.#openAt(i, byte);
    } else if (this.#depth === 0) {
      this.#betweenElements(chunk, i, byte);
    } else if (byte === closeBrace || byte === closeBracket) {
      this.#depth -= 1;
      if (this.#depth === 0) this.#finish(chunk, i + 1);
    }
  }

  #betweenElements(chunk: Buffer, i: number, byte: number): void {
    const ends = isSpace(byte) || byte === comma || byte === closeBracket;
    if (!ends) this.#begin(i);
    else if (this.#start !== -1) this.#finish(chunk, i);
    if (byte === closeBracket) this.#inArray = false;
  }

  #openAt(i: number, byte: number): void {
    if (byte === openBracket && this.#depth === 0 && this.#start === -1 && !this.#inArray) {
      this.#inArray = true;
      return;
    }
    this.#begin(i);
    this.#depth += 1;
  }

  #begin(i: number): void {
    if (this.#start !== -1) return;
    this.#start = i;
    this.#startLine = this.#line;
  }

  #keep(bytes: Buffer): void {
    this.#carried += bytes.length;
    if (this.#carried <= maxLineBytes) this.#carry.push(bytes);
    else this.#carry = [];
  }

  #finish(chunk: Buffer, end: number): void {
    this.#keep(chunk.subarray(this.#start, end));
    const bytes = this.#carry.length === 1 ? this.#carry[0] : Buffer.concat(this.#carry);
    let text: string | Rejection = tooLong;
    if (this.#carried <= maxLineBytes && bytes !== undefined)
      text = isUtf8(bytes) ? bytes.toString("utf8") : notUtf8;
    this.#found.push({ line: this.#startLine, text });
    this.#carry = [];
    this.#carried = 0;
    this.#start = -1;
  }
}
