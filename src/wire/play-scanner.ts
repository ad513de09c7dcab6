import { areEqual, hashBytes } from "../domain/byte-words.ts";
import { hash64OfAscii } from "../domain/hash64.ts";
import { KeptName, type Name, PlainName, textKind, trackKind } from "../domain/name.ts";
import { packTexts } from "../domain/packed-texts.ts";
import {
  type ArtistName,
  type EndReason,
  type EpochMs,
  endReasons,
  type TrackId,
  type UserId,
} from "../domain/play.ts";
import type { PlayRow, PlaySource } from "../domain/play-row.ts";
import type { SegmentTrack } from "../domain/segment.ts";
import { ByteTable } from "./byte-table.ts";
import { viewOf } from "./bytes.ts";
import { countryCodeOf } from "./countries.ts";
import { isIdByte } from "./event-id-characters.ts";
import { IsoTimeBytes } from "./iso-time-bytes.ts";
import { JsonCursor } from "./json-cursor.ts";
import { earliestStart, latestStartMs, maxDurationMs, maxMsPlayed, surelyFitsChars } from "./play-codec.ts";
import {
  createPlayKeys,
  geoFields,
  longestOfTrack,
  requiredFields,
  requiredTrackFields,
  trackFields,
} from "./play-keys.ts";
import type { PlayScanner } from "./play-record.ts";

/** How many names of a kind are kept, and their bytes: some 20 MB of memory for listeners, 60 MB for tracks. */
const mostNames = 131_072;
const mostNameBytes = 6 * 1024 * 1024;
const mostTrackBytes = 24 * 1024 * 1024;

const space = 0x20;
const openBrace = 0x7b;

const keys = createPlayKeys();

/** A text as bytes; its length beside it, as a DataView's is dear to ask for. */
const bytesOf = (text: string) => ({ view: viewOf(new TextEncoder().encode(text)), length: text.length });
const schemaText = bytesOf("play.v1");
const alwaysText = bytesOf("always");
const horizonText = bytesOf("horizon");
const endReasonTexts = endReasons.map((reason) => ({ reason, ...bytesOf(reason) }));
const trackStart = bytesOf('{"id":');

const noTrack = { id: "" as TrackId, artist: "" as ArtistName, title: "", genre: "" };

class ScannedRow implements PlayRow {
  user: Name<UserId> = new PlainName("" as UserId);
  track: Name<SegmentTrack> = new PlainName(noTrack);
  startedAt = 0 as EpochMs;
  msPlayed: number | undefined = undefined;
  durationMs: number | undefined = undefined;
  endReason: EndReason | undefined = undefined;
  rating: number | undefined = undefined;
  platform: Name<string> | undefined = undefined;
  mood: Name<string> | undefined = undefined;
  country: Name<string> | undefined = undefined;
  idHi = 0;
  idLo = 0;
  isMarked = false;
  source: PlaySource;
  place = 0;

  constructor(source: PlaySource) {
    this.source = source;
  }

  /** Takes away what a play need not say. */
  clear(): void {
    this.msPlayed = undefined;
    this.endReason = undefined;
    this.rating = undefined;
    this.platform = undefined;
    this.mood = undefined;
    this.country = undefined;
    this.isMarked = false;
  }
}

/** Names of one kind by the bytes of their text. */
class Names<Value extends string> {
  readonly #table = new ByteTable(mostNames, mostNameBytes);
  readonly #read: (text: string) => Value | undefined;

  /** @param read what a text stands for; undefined where it is not allowed */
  constructor(read: (text: string) => Value | undefined) {
    this.#read = read;
  }

  /** What `read` moves from name to name, for one field of a row. */
  kept(): KeptName<Value> {
    return new KeptName(textKind(), this.#table.store);
  }

  /** The name that the cursor stands at; undefined where there is none that is allowed. */
  read(json: JsonCursor, into: KeptName<Value>): Name<Value> | undefined {
    if (json.text() < 0) return undefined;
    const table = this.#table;
    const length = json.to - json.from;
    const hash = hashBytes(json.view, json.from, length);
    const slot = table.find(hash, json.view, json.from, json.to, length);
    return slot < 0 ? this.#add(json, hash, into) : into.moveTo(table.store, table.besideAt(slot));
  }

  #add(json: JsonCursor, hash: number, into: KeptName<Value>): Name<Value> | undefined {
    const value = this.#read(json.string());
    if (value === undefined) return undefined;
    const at = this.#table.add(hash, json.bytes.subarray(json.from, json.to), 0, packTexts([value]));
    return at < 0 ? new PlainName(value) : into.moveTo(this.#table.store, at);
  }
}

const atMost =
  (units: number) =>
  (text: string): string | undefined =>
    text.length <= units ? text : undefined;

/** What holds an "@" is looked at more closely elsewhere: it may be an e-mail address. */
const userIdOf = (text: string): UserId | undefined =>
  text.length >= 1 && text.length <= 128 && !text.includes("@") ? (text as UserId) : undefined;

/**
 * Scans plays as most senders write them: the fields of play.v1 in any order, each at most once, texts without
 * escapes, numbers without signs and exponents, and both ids there. Whatever else a play may be, `parsePlay` reads; the
 * scanner knows no reason to reject anything.
 *
 * A track that came before is one comparison of its object's bytes; other names are looked up by their bytes. Measured:
 * docs/adr/0025-the-consumers-decoder.md.
 */
export class JsonPlayScanner implements PlayScanner {
  readonly row = new ScannedRow({
    playAt: () => {
      throw new Error("nothing was scanned");
    },
    eventIdAt: () => {
      throw new Error("nothing was scanned");
    },
  });
  end = 0;
  readonly #json = new JsonCursor();
  readonly #users = new Names(userIdOf);
  readonly #labels = new Names(atMost(64));
  readonly #countries = new Names((text) => (text.length <= 128 ? countryCodeOf(text) : undefined));
  /** By the bytes of their objects, with the duration or 0. */
  readonly #tracks = new ByteTable(mostNames, mostTrackBytes);
  readonly #user = this.#users.kept();
  readonly #mood = this.#labels.kept();
  readonly #platform = this.#labels.kept();
  readonly #country = this.#countries.kept();
  readonly #track = new KeptName(trackKind, this.#tracks.store);
  readonly #times = new IsoTimeBytes();

  scan(bytes: Uint8Array, start: number, arrivedAt: EpochMs): boolean {
    const json = this.#json;
    json.open(bytes, start);
    this.row.clear();
    if (!this.#readPlay() || this.row.startedAt > arrivedAt + latestStartMs) return false;
    const endsLine = json.endsLine();
    this.end = json.at;
    return endsLine && json.at - start <= surelyFitsChars;
  }

  #readPlay(): boolean {
    const json = this.#json;
    if (!json.skip(openBrace)) return false;
    let seen = 0;
    let key = -1;
    do {
      key = json.key(keys.play, key);
      if (key < 0 || (seen & (1 << key)) !== 0 || !this.#readField(key)) return false;
      seen |= 1 << key;
    } while (json.hasNext());
    return json.closes() && (seen & requiredFields) === requiredFields;
  }

  /** The keys are numbers, and in the order of `playFields`: a comparison with one text after the other is dearer. */
  #readField(key: number): boolean {
    const json = this.#json;
    switch (key) {
      case 0:
        return this.#readEventId();
      case 1:
        return this.#readUserId();
      case 2:
        return this.#readTrack();
      case 3:
        return this.#readStartedAt();
      case 4:
        return json.text() >= 0 && this.#isText(schemaText);
      default:
        return json.skipNull() || this.#readOptionalField(key);
    }
  }

  #readOptionalField(key: number): boolean {
    switch (key) {
      case 5:
        return this.#readMsPlayed();
      case 6:
        return this.#readEndReason();
      case 7:
        return this.#readRating();
      case 8:
        this.row.mood = this.#labels.read(this.#json, this.#mood);
        return this.row.mood !== undefined;
      case 9:
        this.row.platform = this.#labels.read(this.#json, this.#platform);
        return this.row.platform !== undefined;
      case 10:
        return this.#readGeo();
      case 11:
        return this.#readDedupe();
      default:
        return this.#skipText(128); // session_id, device_id, client, tz
    }
  }

  /** Whether the last text is this one. */
  #isText(text: ReturnType<typeof bytesOf>): boolean {
    const { from, to, view } = this.#json;
    return to - from === text.length && areEqual(text.view, 0, view, from, text.length);
  }

  #skipText(most: number): boolean {
    const units = this.#json.text();
    return units >= 0 && units <= most;
  }

  #readEventId(): boolean {
    const json = this.#json;
    const units = json.text();
    if (units < 1 || units > 128) return false;
    for (let i = json.from; i < json.to; i++) if (isIdByte[json.bytes[i] ?? 0] === 0) return false;
    hash64OfAscii(json.bytes, json.from, json.to, id);
    this.row.idHi = id.hi;
    this.row.idLo = id.lo;
    return true;
  }

  #readUserId(): boolean {
    const user = this.#users.read(this.#json, this.#user);
    if (user !== undefined) this.row.user = user;
    return user !== undefined;
  }

  #readStartedAt(): boolean {
    const time = this.#times.at(this.#json);
    this.row.startedAt = time as EpochMs;
    return time >= earliestStart;
  }

  #readMsPlayed(): boolean {
    const ms = this.#json.integer();
    this.row.msPlayed = ms;
    return ms >= 0 && ms <= maxMsPlayed;
  }

  #readEndReason(): boolean {
    if (this.#json.text() < 0) return false;
    this.row.endReason = endReasonTexts.find((reason) => this.#isText(reason))?.reason;
    return this.row.endReason !== undefined;
  }

  #readRating(): boolean {
    const rating = this.#json.decimal();
    this.row.rating = rating;
    return rating >= 0 && rating <= 5;
  }

  #readDedupe(): boolean {
    if (this.#json.text() < 0) return false;
    this.row.isMarked = this.#isText(alwaysText);
    return this.row.isMarked || this.#isText(horizonText);
  }

  #readGeo(): boolean {
    const json = this.#json;
    if (!json.skip(openBrace)) return false;
    let seen = 0;
    let key = -1;
    do {
      key = json.key(keys.geo, key);
      if (key < 0 || (seen & (1 << key)) !== 0 || !this.#readGeoField(key)) return false;
      seen |= 1 << key;
    } while (json.hasNext());
    return json.closes();
  }

  #readGeoField(key: number): boolean {
    const json = this.#json;
    if (json.skipNull()) return true;
    if (geoFields[key] === "city") return this.#skipText(128);
    this.row.country = this.#countries.read(json, this.#country);
    return this.row.country !== undefined;
  }

  #readTrack(): boolean {
    const json = this.#json;
    const { row } = this;
    const start = json.at;
    const hash = this.#hashOfTrackId();
    const tracks = this.#tracks;
    const slot = tracks.find(hash, json.view, start, json.bytes.length);
    if (slot < 0) return this.#readNewTrack(start, hash);
    json.at = start + tracks.lengthAt(slot);
    row.track = this.#track.moveTo(tracks.store, tracks.besideAt(slot));
    row.durationMs = tracks.noteAt(slot) || undefined;
    return true;
  }

  /** Of the id of a track that begins with it, as most do; else 0. */
  #hashOfTrackId(): number {
    const json = this.#json;
    if (json.at + trackStart.length > json.bytes.length) return 0;
    if (!areEqual(trackStart.view, 0, json.view, json.at, trackStart.length)) return 0;
    json.at += trackStart.length;
    json.skip(space);
    return json.text() < 0 ? 0 : hashBytes(json.view, json.from, json.to - json.from);
  }

  #readNewTrack(start: number, hash: number): boolean {
    const json = this.#json;
    json.at = start;
    const fresh = readTrack(json);
    if (fresh === undefined) return false;
    const { durationMs, ...track } = fresh;
    const packed = packTexts([track.id, track.artist, track.title, track.genre]);
    const at = this.#tracks.add(hash, json.bytes.subarray(start, json.at), durationMs, packed);
    const { store } = this.#tracks;
    this.row.track = at < 0 ? new PlainName(track as SegmentTrack) : this.#track.moveTo(store, at);
    this.row.durationMs = durationMs || undefined;
    return true;
  }
}

const id = { hi: 0, lo: 0 };

/** What a track's object says; 0 ms where it does not. */
interface TrackFields {
  id: string;
  artist: string;
  title: string;
  genre: string;
  durationMs: number;
}

/** The track's object at the cursor; undefined where it is not of the usual shape. */
function readTrack(json: JsonCursor): TrackFields | undefined {
  const track = { id: "", artist: "", title: "", genre: "", durationMs: 0 };
  if (!json.skip(openBrace)) return undefined;
  let seen = 0;
  let key = -1;
  do {
    key = json.key(keys.track, key);
    if (key < 0 || (seen & (1 << key)) !== 0 || !readTrackField(json, key, track)) return undefined;
    seen |= 1 << key;
  } while (json.hasNext());
  return json.closes() && (seen & requiredTrackFields) === requiredTrackFields ? track : undefined;
}

function readTrackField(json: JsonCursor, key: number, into: TrackFields): boolean {
  const field = trackFields[key] ?? "id";
  const isRequired = field === "id" || field === "artist";
  if (!isRequired && json.skipNull()) return true;
  if (field === "duration_ms") {
    const durationMs = json.integer();
    into.durationMs = durationMs;
    return durationMs >= 1 && durationMs <= maxDurationMs;
  }
  const units = json.text();
  if (units < (isRequired ? 1 : 0) || units > longestOfTrack[field]) return false;
  if (field !== "album") into[field] = json.string();
  return true;
}
