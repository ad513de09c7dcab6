import { type EpochMs, type EventId, judge, type Play, tenthOf, type UserId } from "./play.ts";
import { noCounts, type ShardCounts } from "./position.ts";
import {
  factFlags,
  type RejectChunk,
  type SamplePlay,
  type SegmentContents,
  type SegmentTrack,
} from "./segment.ts";

/** How many plays of a segment are kept in full for the feed of recent plays. */
const sampleSize = 20;
/** What the sample may take of a segment, bytes. */
const sampleBytes = 24 * 1024;
/** A sample play is counted at its JSON's greatest length. */
const rowBytes = 49;
const duplicateBytes = 16;
/** A marked play's index; its id comes on top. */
const markBytes = 5;
const rejectOverheadBytes = 700;

/**
 * Collects the entries of one segment. `bytes` is an upper bound of its encoded size, so that a segment can be closed
 * before it outgrows a transaction (I1).
 */
export class SegmentBuilder {
  readonly #users = new Dictionary<UserId>();
  readonly #labels = new Dictionary<string>();
  readonly #tracks: SegmentTrack[] = [];
  readonly #trackIndex = new Map<string, number>();
  readonly #columns = {
    user: [] as number[],
    track: [] as number[],
    startedAt: [] as number[],
    arrivedAt: [] as number[],
    listenedMs: [] as number[],
    flags: [] as number[],
    rating: [] as number[],
    tenth: [] as number[],
    platform: [] as number[],
    mood: [] as number[],
    country: [] as number[],
    idHi: [] as number[],
    idLo: [] as number[],
  };
  readonly #marked = { play: [] as number[], id: [] as EventId[] };
  readonly #duplicates = { arrivedAt: [] as number[], idHi: [] as number[], idLo: [] as number[] };
  readonly #rejects: RejectChunk[] = [];
  #sample: SamplePlay[] = [];
  #counts: ShardCounts = noCounts;
  #bytes = sampleBytes + 1024;
  #unqualified = 0;

  constructor() {
    this.#labels.add("");
  }

  /** An upper bound of the encoded size. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What this segment adds to the shard's totals. */
  get counts(): ShardCounts {
    return {
      ...this.#counts,
      plays: this.#columns.user.length,
      unqualified: this.#unqualified,
      duplicates: this.#duplicates.idHi.length,
    };
  }

  /**
   * @param idHi and idLo the event id's 64-bit hash
   * @param arrivedAt epoch ms, never less than in the call before
   */
  addPlay(play: Play, idHi: number, idLo: number, arrivedAt: EpochMs): void {
    const judgement = judge(play);
    const columns = this.#columns;
    if (play.dedupe === "always") this.#mark(columns.user.length, play.eventId);
    columns.user.push(this.#intern(this.#users, play.userId));
    columns.track.push(this.#internTrack(play));
    columns.startedAt.push(play.startedAt);
    columns.arrivedAt.push(arrivedAt);
    columns.listenedMs.push(judgement.listenedMs);
    columns.flags.push(
      (judgement.qualified ? factFlags.qualified : 0) |
        (judgement.completed ? factFlags.completed : 0) |
        (judgement.skipped ? factFlags.skipped : 0),
    );
    columns.rating.push(play.rating === undefined ? 0 : Math.round(play.rating * 100) + 1);
    columns.tenth.push(judgement.pct === undefined ? 0 : tenthOf(judgement.pct) + 1);
    columns.platform.push(this.#internLabel(play.platform));
    columns.mood.push(this.#internLabel(play.mood));
    columns.country.push(this.#internLabel(play.geo?.country));
    columns.idHi.push(idHi);
    columns.idLo.push(idLo);
    if (!judgement.qualified) this.#unqualified += 1;
    this.#bytes += rowBytes;
    this.#sample.push({ play, arrivedAt });
    if (this.#sample.length >= 8 * sampleSize) this.#sample = this.#sample.slice(-sampleSize);
  }

  addDuplicate(idHi: number, idLo: number, arrivedAt: EpochMs): void {
    this.#duplicates.arrivedAt.push(arrivedAt);
    this.#duplicates.idHi.push(idHi);
    this.#duplicates.idLo.push(idLo);
    this.#bytes += duplicateBytes;
  }

  addReject(chunk: RejectChunk): void {
    this.#rejects.push(chunk);
    this.#bytes += chunk.raw.length + 3 * chunk.reason.length + rejectOverheadBytes;
    if (chunk.chunk === 0) this.#counts = { ...this.#counts, rejects: this.#counts.rejects + 1 };
  }

  /** @param encodedLength the length of a play's JSON in UTF-8 bytes, at most what is taken of the sample's share */
  finish(encodedLength: (play: Play) => number): SegmentContents {
    return {
      tracks: this.#tracks,
      users: this.#users.values,
      labels: this.#labels.values,
      facts: this.#columns,
      marked: this.#marked,
      duplicates: this.#duplicates,
      rejects: this.#rejects,
      sample: newestThatFit(this.#sample, encodedLength),
    };
  }

  #mark(play: number, id: EventId): void {
    this.#marked.play.push(play);
    this.#marked.id.push(id);
    this.#bytes += markBytes + stringBytes(id);
  }

  #internLabel(label: string | undefined): number {
    return label === undefined ? 0 : this.#intern(this.#labels, label);
  }

  #intern<T extends string>(dictionary: Dictionary<T>, value: T): number {
    const known = dictionary.indexOf(value);
    if (known !== undefined) return known;
    this.#bytes += stringBytes(value);
    return dictionary.add(value);
  }

  /** One id may come with several artists, titles or genres: each variant is a track of its own. */
  #internTrack({ track }: Play): number {
    const entry = { id: track.id, artist: track.artist, title: track.title ?? "", genre: track.genre ?? "" };
    const first = this.#trackIndex.get(entry.id);
    if (first !== undefined && isSameTrack(this.#tracks[first], entry)) return first;
    const key = first === undefined ? entry.id : variantKey(entry);
    const known = this.#trackIndex.get(key);
    if (known !== undefined) return known;
    this.#bytes +=
      stringBytes(entry.id) + stringBytes(entry.artist) + stringBytes(entry.title) + stringBytes(entry.genre);
    this.#tracks.push(entry);
    this.#trackIndex.set(key, this.#tracks.length - 1);
    return this.#tracks.length - 1;
  }
}

class Dictionary<T extends string> {
  readonly values: T[] = [];
  readonly #index = new Map<T, number>();

  indexOf(value: T): number | undefined {
    return this.#index.get(value);
  }

  add(value: T): number {
    this.values.push(value);
    this.#index.set(value, this.values.length - 1);
    return this.values.length - 1;
  }
}

const isSameTrack = (a: SegmentTrack | undefined, b: SegmentTrack): boolean =>
  a !== undefined && a.artist === b.artist && a.title === b.title && a.genre === b.genre;

/** No field holds a NUL (src/wire/play-codec.ts), so the key is unambiguous and never an id. */
const variantKey = (track: SegmentTrack): string =>
  `${track.id}\0${track.artist}\0${track.title}\0${track.genre}`;

/** The UTF-8 bytes of a string, and at most three for its length. */
function stringBytes(value: string): number {
  let bytes = value.length + 3;
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    if (unit > 0x7f) bytes += unit > 0x7ff ? 2 : 1; // a surrogate pair is counted as six bytes and takes four
  }
  return bytes;
}

function newestThatFit(
  plays: readonly SamplePlay[],
  encodedLength: (play: Play) => number,
): readonly SamplePlay[] {
  const sample: SamplePlay[] = [];
  let left = sampleBytes;
  for (const each of plays.slice(-sampleSize).reverse()) {
    left -= encodedLength(each.play);
    if (left < 0) break;
    sample.push(each);
  }
  return sample.reverse();
}
