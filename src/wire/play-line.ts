import { idBytes } from "./columnar-format.ts";
import type { PlayDictionary } from "./play-dictionary.ts";
import { type RareColumn, type RowValues, rareColumns } from "./row-values.ts";

const utf8 = new TextEncoder();
const bytesOf = (text: string): Uint8Array => utf8.encode(text);
const columnAt = (column: RareColumn): number => rareColumns.indexOf(column);

const zero = 0x30;
const quote = 0x22;
const lineFeed = 0x0a;
const hexDigits = bytesOf("0123456789abcdef");
/** More than all keys and numbers of a line take. */
const restBytes = 1024;

const beforeId = bytesOf('{"schema":"play.v1","event_id":');
const beforeUser = bytesOf(',"user_id":');
const beforeTrack = bytesOf(',"track":{"id":');
/** Of a track's texts from the artist on. */
const trackKeys = ["artist", "title", "album", "genre"].map((name) => bytesOf(`,"${name}":`));
const beforeDuration = bytesOf(',"duration_ms":');
const beforeStart = bytesOf('},"started_at":');
const beforePlayed = bytesOf(',"ms_played":');
const beforeRating = bytesOf(',"rating":');
const [beforeCountry, beforeCity, beforeCityOnly] = [
  bytesOf(',"geo":{"country":'),
  bytesOf(',"city":'),
  bytesOf(',"geo":{"city":'),
];
const close = bytesOf("}");
const textKeys = (
  [
    ["endReason", "end_reason"],
    ["mood", "mood"],
    ["platform", "platform"],
    ["session", "session_id"],
    ["device", "device_id"],
    ["client", "client"],
    ["tz", "tz"],
    ["dedupe", "dedupe"],
  ] as const
).map(([column, name]) => ({ column: columnAt(column), key: bytesOf(`,"${name}":`) }));
const idColumn = columnAt("id");
const played = columnAt("played");
const rating = columnAt("rating");
const country = columnAt("country");
const city = columnAt("city");

/** One play as a line of play.v1 JSON in bytes, its line feed included. */
export class PlayLine {
  /** Of which the first `length` are the line. */
  bytes = new Uint8Array(16 * 1024);
  length = 0;

  /** Becomes the line that a text is. */
  writeText(json: string): void {
    this.#begin(json.length * 3 + 1);
    this.length = utf8.encodeInto(json, this.bytes).written;
    this.#byte(lineFeed);
  }

  /**
   * Becomes the line of a row.
   *
   * @param values without a `rest`
   * @param dictionary the row's, whose texts need no escapes in JSON
   */
  write(values: RowValues, dictionary: PlayDictionary): void {
    this.#begin(values.textBytes + restBytes);
    this.#writeId(values, dictionary);
    this.#text(beforeUser, values.user, dictionary);
    this.#writeTrack(values, dictionary);
    this.#number(beforeStart, values.startedAt);
    if (values.hasRare) this.#writeRare(values, dictionary);
    this.#literal(close);
    this.#byte(lineFeed);
  }

  #writeId({ id, rare }: RowValues, dictionary: PlayDictionary): void {
    const text = rare[idColumn] ?? 0;
    if (text !== 0) {
      this.#text(beforeId, text, dictionary);
      return;
    }
    this.#literal(beforeId);
    this.#byte(quote);
    for (let i = 0; i < idBytes; i++) {
      const byte = id[i] ?? 0;
      this.#byte(hexDigits[byte >> 4] ?? 0);
      this.#byte(hexDigits[byte & 0x0f] ?? 0);
    }
    this.#byte(quote);
  }

  #writeTrack({ track, duration }: RowValues, dictionary: PlayDictionary): void {
    this.#text(beforeTrack, dictionary.textOfTrack(track, 0), dictionary);
    for (const [i, key] of trackKeys.entries())
      this.#optionalText(key, dictionary.textOfTrack(track, i + 1), dictionary);
    if (duration > 0) this.#number(beforeDuration, duration - 1);
  }

  #writeRare({ rare }: RowValues, dictionary: PlayDictionary): void {
    const at = (column: number): number => rare[column] ?? 0;
    if (at(played) > 0) this.#number(beforePlayed, at(played) - 1);
    if (at(rating) > 0) {
      this.#literal(beforeRating);
      this.#literal(bytesOf(String((at(rating) - 1) / 100)));
    }
    for (const { column, key } of textKeys) this.#optionalText(key, at(column), dictionary);
    if (at(country) === 0 && at(city) === 0) return;
    this.#optionalText(beforeCountry, at(country), dictionary);
    this.#optionalText(at(country) === 0 ? beforeCityOnly : beforeCity, at(city), dictionary);
    this.#literal(close);
  }

  #optionalText(key: Uint8Array, number: number, dictionary: PlayDictionary): void {
    if (number !== 0) this.#text(key, number, dictionary);
  }

  /** A key, and a text of the dictionary between quotes. */
  #text(key: Uint8Array, number: number, { texts }: PlayDictionary): void {
    this.#literal(key);
    this.#byte(quote);
    const end = texts.end(number);
    const from = texts.bytes;
    const to = this.bytes;
    let at = this.length;
    for (let i = texts.start(number); i < end; i++) to[at++] = from[i] ?? 0;
    this.length = at;
    this.#byte(quote);
  }

  /** A key, and a whole number from 0 on. */
  #number(key: Uint8Array, value: number): void {
    this.#literal(key);
    let digits = 1;
    for (let power = 10; power <= value; power *= 10) digits += 1;
    this.length += digits;
    let rest = value;
    for (let at = this.length - 1; digits > 0; at--, digits--) {
      const tenth = Math.floor(rest / 10);
      this.bytes[at] = zero + rest - tenth * 10;
      rest = tenth;
    }
  }

  #literal(text: Uint8Array): void {
    const to = this.bytes;
    let at = this.length;
    for (let i = 0; i < text.length; i++) to[at++] = text[i] ?? 0;
    this.length = at;
  }

  #byte(value: number): void {
    this.bytes[this.length++] = value;
  }

  #begin(most: number): void {
    if (most > this.bytes.length) this.bytes = new Uint8Array(most);
    this.length = 0;
  }
}
