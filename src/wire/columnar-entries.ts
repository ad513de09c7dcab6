import { type Hash64, hash64, hash64OfAscii } from "../domain/hash64.ts";
import { PlainName } from "../domain/name.ts";
import {
  type EndReason,
  type EpochMs,
  type EventId,
  endReasons,
  type Play,
  type UserId,
} from "../domain/play.ts";
import { type PlayRow, type PlaySource, rowOf } from "../domain/play-row.ts";
import type { SegmentTrack } from "../domain/segment.ts";
import { type Column, type ColumnarBlock, isAbsent } from "./columnar-decoder.ts";
import { idBytes, type RowColumn, rowColumns, trackColumns } from "./columnar-format.ts";
import { columnarRow, eventIdOf } from "./columnar-row.ts";
import { countryCodeOf } from "./countries.ts";
import { isEventId } from "./event-id-characters.ts";
import {
  earliestStart,
  latestStartMs,
  maxDurationMs,
  maxMsPlayed,
  maxPlayBytes,
  parsePlay,
  type Sha256Hex,
} from "./play-codec.ts";
import { type ArrivedRecord, RejectingEntries } from "./record-entries.ts";

/** What a text surely may be: bits, worked out once for each text of a block, those of words where one is expected. */
const kinds = {
  seen: 1,
  user: 2,
  eventId: 4,
  country: 8,
  endReason: 16,
  dedupe: 32,
  upTo64: 64,
  upTo128: 128,
  upTo200: 256,
  upTo1024: 512,
  notEmpty: 1024,
  seenAsWord: 2048,
} as const;
const wordKinds = kinds.eventId | kinds.country | kinds.endReason | kinds.dedupe;

/** What the texts of columns have to be. Rows with a `rest` are for `parsePlay`: nothing has its kind. */
const kindOfColumn: ReadonlyMap<RowColumn, number> = new Map([
  ["id", kinds.eventId],
  ["endReason", kinds.endReason],
  ["mood", kinds.upTo64],
  ["platform", kinds.upTo64],
  ["country", kinds.country],
  ...(["city", "session", "device", "client", "tz"] as const).map((name) => [name, kinds.upTo128] as const),
  ["dedupe", kinds.dedupe],
  ["rest", 0],
]);

/** The largest values of columns, which are plus 1. */
const limitOfColumn: ReadonlyMap<RowColumn, number> = new Map([
  ["duration", maxDurationMs + 1],
  ["played", maxMsPlayed + 1],
  ["rating", 501],
]);

const kindsOfTrack = [
  kinds.upTo200 | kinds.notEmpty,
  kinds.upTo1024 | kinds.notEmpty,
  kinds.upTo1024,
  kinds.upTo1024,
  kinds.upTo64,
] as const;
const [surelyTrack, maybeNoTrack] = [1, 2];

const endReasonSet: ReadonlySet<string> = new Set(endReasons);
const longestWord = Math.max(...[...endReasons, "always", "horizon"].map((word) => word.length));
const hexDigits = new TextEncoder().encode("0123456789abcdef");
const utf8 = new TextEncoder();

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A column that some row of the block has, and what bounds it. */
interface Bounded {
  readonly column: Column;
  readonly bound: number;
}

/**
 * The entries of a columnar block. Each text is looked at once a block, and no row becomes an object. A row that may not be
 * valid, or has fields without a column, is read as the JSON that it means: what is a play, and why something is none, is for
 * `parsePlay` alone to say.
 */
export class ColumnarEntries extends RejectingEntries implements PlaySource {
  row: PlayRow;
  readonly #plain: Mutable<PlayRow>;
  readonly #block: ColumnarBlock;
  readonly #sha256: Sha256Hex;
  readonly #kinds: Uint16Array;
  readonly #trackKinds: Uint8Array;
  readonly #users: PlainName<UserId>[];
  readonly #labels: PlainName<string>[];
  readonly #tracks: PlainName<SegmentTrack>[];
  readonly #texts: readonly Bounded[];
  readonly #values: readonly Bounded[];
  /** Whether some row says more than listener, track, start, duration and id. */
  readonly #hasRare: boolean;
  readonly #id: Hash64 = { hi: 0, lo: 0 };
  readonly #hex = new Uint8Array(2 * idBytes);
  #next = 0;

  constructor(block: ColumnarBlock, record: ArrivedRecord, sha256: Sha256Hex) {
    super(record);
    this.#block = block;
    this.#sha256 = sha256;
    this.#kinds = new Uint16Array(block.texts.length);
    this.#trackKinds = new Uint8Array(block.tracks.id.length);
    this.#users = new Array(block.texts.length);
    this.#labels = new Array(block.texts.length);
    this.#tracks = new Array(block.tracks.id.length);
    this.#texts = boundedColumns(block, kindOfColumn);
    this.#values = boundedColumns(block, limitOfColumn);
    this.#hasRare =
      this.#texts.length > 0 || this.#values.some(({ column }) => column !== block.columns.duration);
    this.#plain = emptyRow(this);
    this.row = this.#plain;
  }

  playAt(place: number): Play {
    const decoded = parsePlay(columnarRow(this.#block, place), this.record.arrivedAt, this.#sha256);
    if (decoded.ok) return decoded.value;
    throw new Error(`a row was taken that is no play: ${decoded.error.field}: ${decoded.error.reason}`);
  }

  eventIdAt(place: number): EventId {
    return this.#texts.length === 0 ? (eventIdOf(this.#block, place) as EventId) : this.playAt(place).eventId;
  }

  protected override advance(): "play" | "reject" | undefined {
    while (this.#next < this.#block.rows) {
      const at = this.#next++;
      if (this.#isPlain(at)) {
        this.#fill(at);
        return "play";
      }
      const kind = this.#read(at);
      if (kind !== undefined) return kind;
    }
    return this.closeBlock();
  }

  /** Whether a row is valid, and all it says stands in its columns; where that is not sure, false. */
  #isPlain(at: number): boolean {
    const { columns, bytes } = this.#block;
    const startedAt = columns.startedAt[at] ?? 0;
    const track = columns.track[at] ?? 0;
    return (
      startedAt >= earliestStart &&
      startedAt <= this.record.arrivedAt + latestStartMs &&
      (bytes[at] ?? 0) <= maxPlayBytes &&
      (this.#kindsOf(columns.user[at] ?? 0) & kinds.user) !== 0 &&
      (this.#trackKinds[track] || this.#kindOfTrack(track)) === surelyTrack &&
      this.#areBounded(at)
    );
  }

  #areBounded(at: number): boolean {
    for (const { column, bound } of this.#values) if ((column[at] ?? 0) > bound) return false;
    for (const { column, bound } of this.#texts) {
      const text = column[at] ?? 0;
      if (text === 0) continue;
      const found = (bound & wordKinds) === 0 ? this.#kindsOf(text) : this.#kindsOfWord(text);
      if ((found & bound) === 0) return false;
    }
    return true;
  }

  #kindsOf(text: number): number {
    const known = this.#kinds[text] ?? 0;
    if (known !== 0) return known;
    const { texts, hasRareCharacters } = this.#block;
    const found = kindsOf(texts[text] ?? "", hasRareCharacters);
    this.#kinds[text] = found;
    return found;
  }

  #kindsOfWord(text: number): number {
    const known = this.#kindsOf(text);
    if ((known & (kinds.seenAsWord | kinds.notEmpty)) !== kinds.notEmpty) return known;
    const found = known | kinds.seenAsWord | kindsOfWord(this.#block.texts[text] ?? "");
    this.#kinds[text] = found;
    return found;
  }

  #kindOfTrack(track: number): number {
    const { tracks } = this.#block;
    const isTrack = trackColumns.every((name, field) => {
      const text = tracks[name][track] ?? 0;
      const wanted = kindsOfTrack[field] ?? 0;
      if (text === 0) return (wanted & kinds.notEmpty) === 0;
      return (this.#kindsOf(text) & wanted) === wanted;
    });
    this.#trackKinds[track] = isTrack ? surelyTrack : maybeNoTrack;
    return isTrack ? surelyTrack : maybeNoTrack;
  }

  #fill(at: number): void {
    const { columns } = this.#block;
    const row = this.#plain;
    row.user = this.#userOf(columns.user[at] ?? 0);
    row.track = this.#trackOf(columns.track[at] ?? 0);
    row.startedAt = (columns.startedAt[at] ?? 0) as EpochMs;
    const duration = columns.duration[at] ?? 0;
    row.durationMs = duration === 0 ? undefined : duration - 1;
    row.place = at;
    this.#hashId(at);
    row.idHi = this.#id.hi;
    row.idLo = this.#id.lo;
    if (this.#hasRare) this.#fillRare(at);
    this.row = row;
  }

  #fillRare(at: number): void {
    const { columns, texts } = this.#block;
    const row = this.#plain;
    const played = columns.played[at] ?? 0;
    const rating = columns.rating[at] ?? 0;
    const endReason = columns.endReason[at] ?? 0;
    row.msPlayed = played === 0 ? undefined : played - 1;
    row.rating = rating === 0 ? undefined : (rating - 1) / 100;
    row.endReason = endReason === 0 ? undefined : (texts[endReason] as EndReason);
    row.platform = this.#labelOf(columns.platform[at] ?? 0);
    row.mood = this.#labelOf(columns.mood[at] ?? 0);
    row.country = this.#labelOf(columns.country[at] ?? 0);
    row.isMarked = texts[columns.dedupe[at] ?? 0] === "always";
  }

  #hashId(at: number): void {
    const { columns, ids, idAt, texts } = this.#block;
    const text = columns.id[at] ?? 0;
    if (text !== 0) {
      hash64(texts[text] ?? "", this.#id);
      return;
    }
    const start = idAt?.[at] ?? at * idBytes;
    const hex = this.#hex;
    for (let i = 0; i < idBytes; i++) {
      const byte = ids[start + i] ?? 0;
      hex[2 * i] = hexDigits[byte >>> 4] ?? 0;
      hex[2 * i + 1] = hexDigits[byte & 15] ?? 0;
    }
    hash64OfAscii(hex, 0, hex.length, this.#id);
  }

  #userOf(text: number): PlainName<UserId> {
    let name = this.#users[text];
    if (name === undefined) {
      name = new PlainName((this.#block.texts[text] ?? "") as UserId);
      this.#users[text] = name;
    }
    return name;
  }

  #labelOf(text: number): PlainName<string> | undefined {
    if (text === 0) return undefined;
    let name = this.#labels[text];
    if (name === undefined) {
      name = new PlainName(this.#block.texts[text] ?? "");
      this.#labels[text] = name;
    }
    return name;
  }

  #trackOf(track: number): PlainName<SegmentTrack> {
    let name = this.#tracks[track];
    if (name === undefined) {
      const { texts, tracks } = this.#block;
      const [id, artist, title, genre] = [tracks.id, tracks.artist, tracks.title, tracks.genre].map(
        (column) => texts[column[track] ?? 0] ?? "",
      );
      name = new PlainName({ id, artist, title, genre } as SegmentTrack);
      this.#tracks[track] = name;
    }
    return name;
  }

  /** Undefined where the row is a reject that is not listed. */
  #read(at: number): "play" | "reject" | undefined {
    const json = columnarRow(this.#block, at);
    const decoded = parsePlay(json, this.record.arrivedAt, this.#sha256);
    if (!decoded.ok) {
      const { field, reason } = decoded.error;
      return this.rejectLine(`${field}: ${reason}`, () => utf8.encode(json));
    }
    this.row = rowOf(decoded.value, hash64(decoded.value.eventId, this.#id));
    return "play";
  }
}

/** The columns that some row has. */
function boundedColumns(
  { columns }: ColumnarBlock,
  bounds: ReadonlyMap<RowColumn, number>,
): readonly Bounded[] {
  return rowColumns.flatMap((name) => {
    const bound = bounds.get(name);
    return bound === undefined || isAbsent(columns[name]) ? [] : [{ column: columns[name], bound }];
  });
}

const emptyRow = (source: PlaySource): Mutable<PlayRow> => ({
  user: new PlainName("" as UserId),
  track: new PlainName({ id: "", artist: "", title: "", genre: "" } as SegmentTrack),
  startedAt: 0 as EpochMs,
  msPlayed: undefined,
  durationMs: undefined,
  endReason: undefined,
  rating: undefined,
  platform: undefined,
  mood: undefined,
  country: undefined,
  idHi: 0,
  idLo: 0,
  isMarked: false,
  source,
  place: 0,
});

/** Kinds of texts by what is longest in them. */
const kindsByLength = [
  [64, kinds.upTo64],
  [128, kinds.upTo128],
  [200, kinds.upTo200],
  [1024, kinds.upTo1024],
] as const;

/** @param mayHaveRare whether it may have a NUL or an "@" */
function kindsOf(text: string, mayHaveRare: boolean): number {
  const { length } = text;
  if (length === 0) return kinds.seen | kinds.upTo64 | kinds.upTo128 | kinds.upTo200 | kinds.upTo1024;
  if (isCut(text) || (mayHaveRare && text.includes("\0"))) return kinds.seen;
  let found: number = kinds.seen | kinds.notEmpty;
  for (const [longest, kind] of kindsByLength) if (length <= longest) found |= kind;
  return length <= 128 && !(mayHaveRare && text.includes("@")) ? found | kinds.user : found;
}

/** Whether it is a piece of well-formed text that begins or ends inside a surrogate pair. */
const isCut = (text: string): boolean =>
  (text.charCodeAt(0) & 0xfc00) === 0xdc00 || (text.charCodeAt(text.length - 1) & 0xfc00) === 0xd800;

function kindsOfWord(text: string): number {
  let found = 0;
  if (isEventId(text)) found |= kinds.eventId;
  if (text.length > longestWord) return found;
  if (endReasonSet.has(text)) found |= kinds.endReason;
  if (text === "always" || text === "horizon") found |= kinds.dedupe;
  if (text.length === 2 && countryCodeOf(text) === text) found |= kinds.country;
  return found;
}
