import { endReasons } from "#src/domain/play.ts";
import type { Clock } from "#src/ports/clock.ts";
import { idBytes } from "#src/wire/columnar-format.ts";
import { countryCodeOf } from "#src/wire/countries.ts";
import { isIdByte } from "#src/wire/event-id-characters.ts";
import { IsoTimeBytes } from "#src/wire/iso-time-bytes.ts";
import { JsonCursor } from "#src/wire/json-cursor.ts";
import type { JsonKeys } from "#src/wire/json-keys.ts";
import {
  earliestStart,
  latestStartMs,
  maxDurationMs,
  maxMsPlayed,
  surelyFitsChars,
} from "#src/wire/play-codec.ts";
import type { PlayDictionary } from "#src/wire/play-dictionary.ts";
import {
  createPlayKeys,
  longestOfTrack,
  playFields,
  requiredFields,
  requiredTrackFields,
  trackFields,
} from "#src/wire/play-keys.ts";
import { type RareColumn, RowValues, rareColumns } from "#src/wire/row-values.ts";
import { type ByteRows, notTaken, type RowSink } from "./row-sink.ts";

const atSign = 0x40;
const openBrace = 0x7b;

const keys = createPlayKeys();
const [schemaText, horizonText, alwaysText] = ["play.v1", "horizon", "always"].map((text) =>
  Buffer.from(text),
) as [Buffer, Buffer, Buffer];

const longestId = 128;
const longestUser = 128;
/** A country, by its name; others are shorter. */
const mostKnown = 128;
/** UTF-16 units of a track's texts, by field. */
const longestTexts: readonly number[] = Object.values(longestOfTrack);
const durationField = trackFields.indexOf("duration_ms");

const columnAt = (column: RareColumn): number => rareColumns.indexOf(column);
/** Texts that are taken as they are, by their place in `playFields`. */
const plainTexts = new Map(
  (
    [
      ["mood", "mood", 64],
      ["platform", "platform", 64],
      ["session_id", "session", 128],
      ["device_id", "device", 128],
      ["client", "client", 128],
      ["tz", "tz", 128],
    ] as const
  ).map(([field, column, most]) => [playFields.indexOf(field), { column: columnAt(column), most }]),
);
const played = columnAt("played");
const endReason = columnAt("endReason");
const rating = columnAt("rating");
const country = columnAt("country");
const city = columnAt("city");
const dedupe = columnAt("dedupe");
const idColumn = columnAt("id");

const hexDigits = 2 * idBytes;
const noDigit = 16;
/** Which hexadecimal digit a byte is. */
const hexDigit = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = "0123456789abcdef".indexOf(String.fromCharCode(byte));
  return digit === -1 ? noDigit : digit;
});

/**
 * Reads lines of play.v1 JSON byte by byte, and makes no text of what came before. Only a line of the usual shape is taken here
 * (the known fields in any order, each once, no escapes, both ids there); `take` stops before any other, for which `decodePlay` is
 * right.
 */
export class JsonByteRows implements ByteRows {
  readonly #sink: RowSink;
  readonly #clock: Clock;
  readonly #json = new JsonCursor();
  readonly #times = new IsoTimeBytes();
  readonly #values = new RowValues();
  readonly #track = new Uint32Array(trackFields.length - 1);
  #dictionary: PlayDictionary;
  /** What a text of the dictionary stands for there, by its number: 0 for nothing that is allowed. */
  readonly #endReasons = new Map<number, number>();
  readonly #countries = new Map<number, number>();

  /** @param clock when a play arrives: it bounds its time */
  constructor(clock: Clock, sink: RowSink) {
    this.#clock = clock;
    this.#sink = sink;
    this.#dictionary = sink.dictionary;
    this.#values.hasRare = true;
  }

  take(bytes: Buffer, start: number): number {
    this.#followDictionary();
    const values = this.#values;
    const json = this.#json;
    values.rare.fill(0);
    values.duration = 0;
    json.open(bytes, start);
    if (!this.#readPlay() || values.startedAt > this.#clock() + latestStartMs) return notTaken;
    if (!json.endsLine()) return notTaken;
    values.textBytes = json.at - start;
    if (values.textBytes > surelyFitsChars) return notTaken;
    this.#sink.row(values);
    return json.at + 1;
  }

  #followDictionary(): void {
    if (this.#dictionary === this.#sink.dictionary) return;
    this.#dictionary = this.#sink.dictionary;
    this.#endReasons.clear();
    this.#countries.clear();
  }

  #readPlay(): boolean {
    return (this.#readObject(keys.play, this.#readField) & requiredFields) === requiredFields;
  }

  /** Reads an object whose keys are known, each at most once. Returns which there were, a bit each; 0 where it is another. */
  #readObject(keys: JsonKeys, readField: (key: number) => boolean): number {
    const json = this.#json;
    if (!json.skip(openBrace)) return 0;
    let seen = 0;
    let key = -1;
    do {
      key = json.key(keys, key);
      if (key < 0 || (seen & (1 << key)) !== 0 || !readField(key)) return 0;
      seen |= 1 << key;
    } while (json.hasNext());
    return json.closes() ? seen : 0;
  }

  /** Keys are numbers, in the order of `playFields`. */
  readonly #readField = (key: number): boolean => {
    switch (key) {
      case 0:
        return this.#readEventId();
      case 1:
        return this.#readUserId();
      case 2:
        return this.#readTrack();
      case 3:
        return this.#readStartedAt();
      default:
        return this.#json.skipNull() || this.#readOptionalField(key);
    }
  };

  #readOptionalField(key: number): boolean {
    switch (key) {
      case 4:
        return this.#json.text() >= 0 && this.#isText(schemaText);
      case 5:
        return this.#readPlayed();
      case 6:
        return this.#put(endReason, this.#known(this.#endReasons, endReasonOf));
      case 7:
        return this.#readRating();
      case 10:
        return this.#readObject(keys.geo, this.#readGeoField) !== 0 && this.#hasGeo();
      case 11:
        return this.#readDedupe();
      default:
        return this.#readText(key);
    }
  }

  #put(column: number, value: number): boolean {
    this.#values.rare[column] = value;
    return value !== 0;
  }

  /** The number of the cursor's last text. */
  #number(): number {
    const { bytes, from, to } = this.#json;
    return this.#dictionary.numberOfBytes(bytes, from, to);
  }

  /** The number of the text that the cursor stands at; 0 where there is none of so many UTF-16 units. */
  #numberOfText(fewest: number, most: number): number {
    const units = this.#json.text();
    return units >= fewest && units <= most ? this.#number() : 0;
  }

  /** What the text that the cursor stands at stands for, as a number of the dictionary; 0 for nothing. */
  #known(known: Map<number, number>, read: (text: string) => string | undefined): number {
    const number = this.#numberOfText(1, mostKnown);
    const found = known.get(number);
    if (found !== undefined || number === 0) return found ?? 0;
    const text = read(this.#dictionary.textOf(number));
    const meant = text === undefined ? 0 : this.#dictionary.numberOf(text);
    known.set(number, meant);
    return meant;
  }

  /** Whether the last text is this one. */
  #isText(text: Uint8Array): boolean {
    const { bytes, from, to } = this.#json;
    return to - from === text.length && text.every((byte, i) => bytes[from + i] === byte);
  }

  #readText(key: number): boolean {
    const text = plainTexts.get(key);
    return text !== undefined && this.#put(text.column, this.#numberOfText(0, text.most));
  }

  #readEventId(): boolean {
    const json = this.#json;
    const units = json.text();
    if (units < 1 || units > longestId) return false;
    if (units === hexDigits && this.#readHexId()) return true;
    for (let i = json.from; i < json.to; i++) if (isIdByte[json.bytes[i] ?? 0] === 0) return false;
    return this.#put(idColumn, this.#number());
  }

  /** Whether the last text is the 128 bits of an id, which are the row's then. */
  #readHexId(): boolean {
    const { bytes, from } = this.#json;
    const { id } = this.#values;
    let wrong = 0;
    for (let i = 0; i < id.length; i++) {
      const high = hexDigit[bytes[from + 2 * i] ?? 0] ?? noDigit;
      const low = hexDigit[bytes[from + 2 * i + 1] ?? 0] ?? noDigit;
      wrong |= high | low;
      id[i] = high * 16 + low;
    }
    return wrong < noDigit;
  }

  /** What holds an "@" is looked at more closely elsewhere: it may be an e-mail address. */
  #readUserId(): boolean {
    const json = this.#json;
    const units = json.text();
    if (units < 1 || units > longestUser) return false;
    for (let i = json.from; i < json.to; i++) if (json.bytes[i] === atSign) return false;
    this.#values.user = this.#number();
    return true;
  }

  #readStartedAt(): boolean {
    const time = this.#times.at(this.#json);
    this.#values.startedAt = time;
    return time >= earliestStart;
  }

  #readPlayed(): boolean {
    const ms = this.#json.integer();
    return ms >= 0 && ms <= maxMsPlayed && this.#put(played, ms + 1);
  }

  /** A rating that is no hundredth has no column. */
  #readRating(): boolean {
    const stars = this.#json.decimal();
    const hundredths = Math.round(stars * 100);
    return stars >= 0 && stars <= 5 && hundredths / 100 === stars && this.#put(rating, hundredths + 1);
  }

  #readDedupe(): boolean {
    if (this.#json.text() < 0) return false;
    return this.#isText(horizonText) || (this.#isText(alwaysText) && this.#put(dedupe, this.#number()));
  }

  readonly #readGeoField = (key: number): boolean => {
    if (this.#json.skipNull()) return true;
    return key === 0
      ? this.#put(country, this.#known(this.#countries, countryCodeOf))
      : this.#put(city, this.#numberOfText(0, 128));
  };

  /** A place that says nothing has no column. */
  #hasGeo(): boolean {
    const { rare } = this.#values;
    return rare[country] !== 0 || rare[city] !== 0;
  }

  #readTrack(): boolean {
    const texts = this.#track.fill(0);
    const seen = this.#readObject(keys.track, this.#readTrackField);
    if ((seen & requiredTrackFields) !== requiredTrackFields) return false;
    const [id = 0, artist = 0, title = 0, album = 0, genre = 0] = texts;
    this.#values.track = this.#dictionary.trackOf(id, artist, title, album, genre);
    return true;
  }

  readonly #readTrackField = (key: number): boolean => {
    const isRequired = (requiredTrackFields & (1 << key)) !== 0;
    if (!isRequired && this.#json.skipNull()) return true;
    if (key === durationField) return this.#readDuration();
    const number = this.#numberOfText(isRequired ? 1 : 0, longestTexts[key] ?? 0);
    this.#track[key] = number;
    return number !== 0;
  };

  #readDuration(): boolean {
    const ms = this.#json.integer();
    this.#values.duration = ms + 1;
    return ms >= 1 && ms <= maxDurationMs;
  }
}

const endReasonOf = (text: string): string | undefined => endReasons.find((reason) => reason === text);
