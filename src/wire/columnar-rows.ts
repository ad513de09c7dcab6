import { grown } from "../domain/grown.ts";
import type { Play } from "../domain/play.ts";
import { idBytes } from "./columnar-format.ts";
import type { PlayDictionary } from "./play-dictionary.ts";
import { type RareColumn, type RowValues, rareColumns } from "./row-values.ts";

const firstCapacity = 64;
/** The most that a row takes besides its texts: columns, lengths and the track; and one with values in all columns. */
const rowBytes = 80;
const playBytes = 256;
const idColumn = rareColumns.indexOf("id");

const binaryId = /^[0-9a-f]{32}$/;

/** The plays of one open block: numbers of a `PlayDictionary`, and values as src/wire/columnar-format.ts has them. */
export class ColumnarRows {
  user = new Uint32Array(firstCapacity);
  track = new Uint32Array(firstCapacity);
  startedAt = new Float64Array(firstCapacity);
  duration = new Uint32Array(firstCapacity);
  /** Those that some row has; zeros in the others. */
  readonly rare = new Map<RareColumn, Uint32Array<ArrayBuffer>>();
  /** 16 bytes for each row without an `id`, without gaps. */
  ids = new Uint8Array(firstCapacity * idBytes);
  idEnd = 0;
  count = 0;
  /** An upper bound of what they take in a block. */
  bytes = 0;

  clear(): void {
    this.rare.clear();
    this.idEnd = 0;
    this.count = 0;
    this.bytes = 0;
  }

  addRow({ user, track, startedAt, duration, hasRare, rare, id, textBytes }: RowValues): void {
    const row = this.#add(user, track, startedAt, duration);
    if (hasRare) this.#addRare(row, rare);
    if (rare[idColumn] === 0) {
      for (let i = 0, at = this.idEnd; i < idBytes; i++, at++) this.ids[at] = id[i] ?? 0;
      this.idEnd += idBytes;
    }
    this.bytes += (hasRare ? playBytes : rowBytes) + textBytes;
  }

  #addRare(row: number, rare: Uint32Array): void {
    for (let i = 0; i < rare.length; i++) {
      const value = rare[i] ?? 0;
      if (value !== 0) this.#put(rareColumns[i] ?? "id", row, value, 0);
    }
  }

  addPlay(play: Play, user: number, dictionary: PlayDictionary): void {
    const { durationMs } = play.track;
    const track = dictionary.trackNumberOf(play.track);
    const row = this.#add(user, track, play.startedAt, durationMs === undefined ? 0 : durationMs + 1);
    this.#addId(row, play.eventId, dictionary);
    const text = (column: RareColumn, value: string | undefined): void => {
      if (value !== undefined) this.#put(column, row, dictionary.numberOf(value), value.length);
    };
    if (play.msPlayed !== undefined) this.#put("played", row, play.msPlayed + 1, 0);
    const { rating, rest } = restOf(play);
    if (rating !== undefined) this.#put("rating", row, rating + 1, 0);
    text("endReason", play.endReason);
    text("mood", play.mood);
    text("platform", play.platform);
    text("country", play.geo?.country);
    text("city", play.geo?.city);
    text("session", play.sessionId);
    text("device", play.deviceId);
    text("client", play.client);
    text("tz", play.tz);
    text("dedupe", play.dedupe);
    text("rest", rest);
    const { id, artist, title = "", album = "", genre = "" } = play.track;
    const chars = play.userId.length + id.length + artist.length + title.length + album.length + genre.length;
    this.bytes += playBytes + 3 * chars;
  }

  #addId(row: number, id: string, dictionary: PlayDictionary): void {
    if (!binaryId.test(id)) {
      this.#put("id", row, dictionary.numberOf(id), id.length);
      return;
    }
    for (let i = 0; i < idBytes; i++)
      this.ids[this.idEnd++] = Number.parseInt(id.slice(2 * i, 2 * i + 2), 16);
  }

  #put(column: RareColumn, row: number, value: number, chars: number): void {
    let values = this.rare.get(column);
    if (values === undefined) {
      values = new Uint32Array(this.user.length);
      this.rare.set(column, values);
    }
    values[row] = value;
    this.bytes += 3 * chars;
  }

  #add(user: number, track: number, startedAt: number, duration: number): number {
    const row = this.count;
    if (row === this.user.length) this.#double();
    this.count += 1;
    this.user[row] = user;
    this.track[row] = track;
    this.startedAt[row] = startedAt;
    this.duration[row] = duration;
    return row;
  }

  #double(): void {
    const capacity = this.user.length * 2;
    this.user = grown(this.user, capacity);
    this.track = grown(this.track, capacity);
    this.duration = grown(this.duration, capacity);
    this.startedAt = grown(this.startedAt, capacity);
    this.ids = grown(this.ids, capacity * idBytes);
    for (const [column, values] of this.rare) this.rare.set(column, grown(values, capacity));
  }
}

/** The rating in hundredths where it is exactly that, and the fields that have no column, as JSON. */
function restOf({ rating, geo, tags, ext }: Play): {
  readonly rating: number | undefined;
  readonly rest: string | undefined;
} {
  const hundredths = rating === undefined ? undefined : Math.round(rating * 100);
  const isExact = hundredths !== undefined && hundredths / 100 === rating;
  const isEmptyGeo = geo !== undefined && geo.country === undefined && geo.city === undefined;
  const rest = {
    rating: isExact ? undefined : rating,
    geo: isEmptyGeo ? geo : undefined,
    tags,
    ext,
  };
  const json = JSON.stringify(rest);
  return { rating: isExact ? hundredths : undefined, rest: json === "{}" ? undefined : json };
}
