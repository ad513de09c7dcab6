import { duplicateColumns, factColumns, GrowingColumns } from "./fact-columns.ts";
import { type Name, PlainName, textKind, trackKind } from "./name.ts";
import { NameDictionary, stringBytes } from "./name-dictionary.ts";
import type { PackedTexts } from "./packed-texts.ts";
import { type EpochMs, type EventId, judgeListening, type Play, tenthOf, type UserId } from "./play.ts";
import { type PlayRow, type PlaySource, rowOf } from "./play-row.ts";
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

/** A segment's contents whose dictionaries are elsewhere. */
export type SegmentRows = Omit<SegmentContents, "tracks" | "users" | "labels">;

/** The dictionaries of a segment as bytes; a track has four texts. */
export interface SegmentTexts {
  readonly users: PackedTexts;
  readonly tracks: PackedTexts;
  readonly labels: PackedTexts;
}

/** What a segment is collected in. It may be cleared for the next one once nobody needs what its builder returned. */
export class SegmentMemory {
  readonly users = new NameDictionary<UserId>(textKind());
  readonly labels = new NameDictionary<string>(textKind());
  readonly tracks = new NameDictionary<SegmentTrack>(trackKind);
  readonly facts = new GrowingColumns(factColumns);
  readonly duplicates = new GrowingColumns(duplicateColumns);

  clear(): void {
    for (const part of [this.users, this.labels, this.tracks, this.facts, this.duplicates]) part.clear();
  }
}

/**
 * Collects the entries of one segment. `bytes` is an upper bound of its encoded size, so that a segment can be closed
 * before it outgrows a transaction (I1).
 */
export class SegmentBuilder {
  readonly #users: SegmentMemory["users"];
  readonly #labels: SegmentMemory["labels"];
  readonly #tracks: SegmentMemory["tracks"];
  readonly #facts: SegmentMemory["facts"];
  readonly #duplicates: SegmentMemory["duplicates"];
  readonly #marked = { play: [] as number[], id: [] as EventId[] };
  readonly #rejects: RejectChunk[] = [];
  readonly #newest = new NewestRows();
  #rejected = 0;
  #bytes = sampleBytes + 1024;
  #unqualified = 0;

  /** @param memory which is empty; what `finish` and `texts` return lies in it */
  constructor({ users, labels, tracks, facts, duplicates } = new SegmentMemory()) {
    this.#users = users;
    this.#labels = labels;
    this.#tracks = tracks;
    this.#facts = facts;
    this.#duplicates = duplicates;
    this.#labels.indexOf(new PlainName(""));
  }

  /** An upper bound of the encoded size. */
  get bytes(): number {
    return this.#bytes + this.#users.bytes + this.#labels.bytes + this.#tracks.bytes;
  }

  /** What this segment adds to the shard's totals. */
  get counts(): ShardCounts {
    return {
      ...noCounts,
      plays: this.#facts.length,
      unqualified: this.#unqualified,
      duplicates: this.#duplicates.length,
      rejects: this.#rejected,
    };
  }

  /**
   * Adds a play whose reader has it as an object.
   *
   * @param idHi and idLo the event id's 64-bit hash
   * @param arrivedAt epoch ms, never less than in the call before
   */
  addPlay(play: Play, idHi: number, idLo: number, arrivedAt: EpochMs): void {
    this.addRow(rowOf(play, { hi: idHi, lo: idLo }), arrivedAt);
  }

  /**
   * Adds a play. The row may be filled again right after.
   *
   * @param arrivedAt epoch ms, never less than in the call before
   */
  addRow(row: PlayRow, arrivedAt: EpochMs): void {
    const { qualified, completed, skipped, pct, listenedMs } = judgeListening(
      row.msPlayed,
      row.durationMs,
      row.endReason,
    );
    const at = this.#facts.addRow();
    const { columns } = this.#facts;
    columns.user[at] = this.#users.indexOf(row.user);
    columns.track[at] = this.#tracks.indexOf(row.track);
    columns.startedAt[at] = row.startedAt;
    columns.arrivedAt[at] = arrivedAt;
    columns.listenedMs[at] = listenedMs;
    columns.flags[at] =
      (qualified ? factFlags.qualified : 0) |
      (completed ? factFlags.completed : 0) |
      (skipped ? factFlags.skipped : 0);
    columns.rating[at] = row.rating === undefined ? 0 : Math.round(row.rating * 100) + 1;
    columns.tenth[at] = pct === undefined ? 0 : tenthOf(pct) + 1;
    columns.platform[at] = this.#labelOf(row.platform);
    columns.mood[at] = this.#labelOf(row.mood);
    columns.country[at] = this.#labelOf(row.country);
    columns.idHi[at] = row.idHi;
    columns.idLo[at] = row.idLo;
    if (!qualified) this.#unqualified += 1;
    this.#bytes += rowBytes;
    if (row.isMarked) this.#mark(at, row.source.eventIdAt(row.place));
    this.#newest.add(row.source, row.place, arrivedAt);
  }

  addDuplicate(idHi: number, idLo: number, arrivedAt: EpochMs): void {
    const at = this.#duplicates.addRow();
    const { columns } = this.#duplicates;
    columns.arrivedAt[at] = arrivedAt;
    columns.idHi[at] = idHi;
    columns.idLo[at] = idLo;
    this.#bytes += duplicateBytes;
  }

  addReject(chunk: RejectChunk): void {
    this.#rejects.push(chunk);
    this.#bytes += chunk.raw.length + 3 * chunk.reason.length + rejectOverheadBytes;
    if (chunk.chunk === 0) this.#rejected += 1;
  }

  /** The texts of `finish`'s dictionaries, packed already. */
  get texts(): SegmentTexts {
    return { users: this.#users.texts, tracks: this.#tracks.texts, labels: this.#labels.texts };
  }

  /** The contents, their dictionaries as values. */
  finish(encodedLength: (play: Play) => number): SegmentContents {
    const [tracks, users, labels] = [this.#tracks.values, this.#users.values, this.#labels.values];
    return { tracks, users, labels, ...this.finishRows(encodedLength) };
  }

  /**
   * The contents but for their dictionaries, which are in `texts`.
   *
   * @param encodedLength the length of a play's JSON in UTF-8 bytes, at most what is taken of the sample's share
   */
  finishRows(encodedLength: (play: Play) => number): SegmentRows {
    return {
      facts: this.#facts.finish(),
      marked: this.#marked,
      duplicates: this.#duplicates.finish(),
      rejects: this.#rejects,
      sample: this.#newest.thatFit(encodedLength),
    };
  }

  #mark(play: number, id: EventId): void {
    this.#marked.play.push(play);
    this.#marked.id.push(id);
    this.#bytes += markBytes + stringBytes(id);
  }

  #labelOf(label: Name<string> | undefined): number {
    return label === undefined ? 0 : this.#labels.indexOf(label);
  }
}

/** The last rows, of which no more is kept than where their plays are. */
class NewestRows {
  readonly #sources: PlaySource[] = [];
  readonly #places: number[] = [];
  readonly #arrivedAt: EpochMs[] = [];
  #next = 0;

  add(source: PlaySource, place: number, arrivedAt: EpochMs): void {
    this.#sources[this.#next] = source;
    this.#places[this.#next] = place;
    this.#arrivedAt[this.#next] = arrivedAt;
    this.#next = this.#next + 1 === sampleSize ? 0 : this.#next + 1;
  }

  /** In their order, as many of the newest as have room in the sample. */
  thatFit(encodedLength: (play: Play) => number): readonly SamplePlay[] {
    const sample: SamplePlay[] = [];
    const rows = this.#sources.length;
    let left = sampleBytes;
    for (let i = 1; i <= rows; i++) {
      const at = (this.#next + sampleSize - i) % sampleSize;
      const play = this.#sources[at]?.playAt(this.#places[at] ?? 0);
      if (play === undefined) break;
      left -= encodedLength(play);
      if (left < 0) break;
      sample.push({ play, arrivedAt: this.#arrivedAt[at] ?? (0 as EpochMs) });
    }
    return sample.reverse();
  }
}
