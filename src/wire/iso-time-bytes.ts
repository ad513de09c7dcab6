import { parseIsoTime } from "./iso-time.ts";
import type { JsonCursor } from "./json-cursor.ts";

const zero = 0x30;
const dash = 0x2d;
const dot = 0x2e;
const colon = 0x3a;
const space = 0x20;
const quote = 0x22;
const upperT = 0x54;
const upperZ = 0x5a;

/** Reads times from bytes, most of which are of the day of the one before. */
export class IsoTimeBytes {
  /** The day that came last, `YYYYMMDD` as a number, and when it starts. */
  #day = Number.NaN;
  #midnight = Number.NaN;

  /**
   * Epoch ms of `YYYY-MM-DDTHH:MM:SS`, or with a space for the T, with `.mmm`, with `Z`, as `parseIsoTime` has it; NaN for all other
   * bytes, times of another form too.
   */
  read(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const plain = bytes[end - 1] === upperZ ? length - 1 : length;
    if (plain !== 19 && plain !== 23) return Number.NaN;
    const separator = bytes[start + 10];
    if (separator !== upperT && separator !== space) return Number.NaN;
    if (bytes[start + 13] !== colon || bytes[start + 16] !== colon) return Number.NaN;
    const hours = digitsIn(bytes, start + 11, 2);
    const minutes = digitsIn(bytes, start + 14, 2);
    const seconds = digitsIn(bytes, start + 17, 2);
    if (!(hours <= 23 && minutes <= 59 && seconds <= 59)) return Number.NaN;
    const ms = plain === 19 ? 0 : bytes[start + 19] === dot ? digitsIn(bytes, start + 20, 3) : Number.NaN;
    return this.#midnightIn(bytes, start) + ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms;
  }

  /** The time at which a cursor stands: a text as `read` has it, or a whole number; NaN or less than 0 where it is none. */
  at(json: JsonCursor): number {
    if (json.bytes[json.at] !== quote) return json.integer();
    return json.text() < 0 ? Number.NaN : this.read(json.bytes, json.from, json.to);
  }

  /** When the day starts; NaN where it is none. */
  #midnightIn(bytes: Uint8Array, start: number): number {
    if (bytes[start + 4] !== dash || bytes[start + 7] !== dash) return Number.NaN;
    const day =
      (digitsIn(bytes, start, 4) * 100 + digitsIn(bytes, start + 5, 2)) * 100 + digitsIn(bytes, start + 8, 2);
    if (day !== this.#day) {
      this.#day = day;
      const date = String.fromCharCode(...bytes.subarray(start, start + 10));
      this.#midnight = parseIsoTime(date) ?? Number.NaN;
    }
    return this.#midnight;
  }
}

/** The number that digits make; NaN where some byte is none. */
function digitsIn(bytes: Uint8Array, start: number, count: number): number {
  let value = 0;
  for (let i = start; i < start + count; i++) {
    const digit = (bytes[i] ?? 0) - zero;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}
