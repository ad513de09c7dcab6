import type { Erased, RawRecord, Tools } from "./archived.ts";
import { Arrivals } from "./arrivals.ts";
import { addToProfile, emptyProfile, type RecountedProfile } from "./profiles.ts";
import { type ReadPlay, readPlay } from "./read-play.ts";
import { type Line, splitRecord } from "./split-record.ts";
import { utf8Bytes } from "./text.ts";
import { addLabel, addPlay, addTenth, emptyTotals, type RecountedTotals, sumOf } from "./totals.ts";
import { userIdIn } from "./user-id-in.ts";

/** What became of an entry. `repeat`: a marked play whose id a marked play was counted with before. */
export type Was = "play" | "unqualified" | "duplicate" | "repeat" | "reject";

/** A play, a reject, or the place of what was erased. */
export interface JudgedEntry {
  readonly shard: string;
  /** Its place among the record's entries, from 0. */
  readonly entry: number;
  /** Its line in the record's block, from 0, blank ones included; 0 in a record that is no block, -1 where none is to blame. */
  readonly line: number;
  /** How many places it takes: a reject one for every 10 KiB. */
  readonly entries: number;
  readonly was: Was | "piece";
  /** Whether it was taken out of the archive. */
  readonly isErased: boolean;
  /** Whether a `repeat` or a `duplicate` would be a qualified play, as a `play` is. */
  readonly isQualified: boolean;
  /** Whether it counts although its id was counted: longer ago than duplicates are known. */
  readonly isBeyondHorizon: boolean;
  /** The listener; of a reject only where its JSON names one. */
  readonly userId: string | undefined;
  /** Undefined where it is no play, or an erased one. */
  readonly play: ReadPlay | undefined;
  /** Epoch ms. */
  readonly arrivedAt: number;
}

export interface ShardTally {
  /** Accepted plays that are not duplicates, repeats included. */
  plays: number;
  unqualified: number;
  duplicates: number;
  rejects: number;
}

/** Plays that are not in the totals, although the shards count them. */
export interface LeftOut {
  /** Qualified plays. */
  plays: number;
  unqualified: number;
}

export interface RecountOptions extends Tools {
  /** How far apart two arrivals of one play are at most, ms. @default 600_000 */
  readonly horizonMs?: number;
}

const dimensions = ["genre", "platform", "mood", "country"] as const;
const rejectPieceBytes = 10_240;
/** Of a block so many lines are rejected one by one, and what goes beyond is one reject more. */
const mostRejects = 1000;
const noLine = -1;

type Tallies = Map<string, RecountedTotals>;

/**
 * Counts archived records again, sharing no code with what counted them first. Records come in the order of
 * `readArchive`. Memory: 24 to 49 bytes an id, and the totals.
 */
export class Recount {
  /** Every id that arrived, whoever counts it. */
  readonly arrivals = new Arrivals();
  readonly shards = new Map<string, ShardTally>();
  readonly songs: Tallies = new Map();
  readonly artists: Tallies = new Map();
  readonly profiles = new Map<string, RecountedProfile>();
  readonly repeated: LeftOut = { plays: 0, unqualified: 0 };
  readonly forgotten: LeftOut = { plays: 0, unqualified: 0 };
  /** Plays that count although a play of their id did, longer ago than duplicates are known. */
  beyondHorizon = 0;
  readonly #values: Readonly<Record<(typeof dimensions)[number], Tallies>> = {
    genre: new Map(),
    platform: new Map(),
    mood: new Map(),
    country: new Map(),
  };
  readonly #tools: Tools;
  readonly #horizonMs: number;

  constructor({ horizonMs = 600_000, ...tools }: RecountOptions) {
    this.#tools = tools;
    this.#horizonMs = horizonMs;
  }

  /**
   * What became of the entries of a record that start at its first `entries` places. It remembers their ids, so each
   * record is judged once.
   */
  judge(record: RawRecord, entries = Number.POSITIVE_INFINITY): readonly JudgedEntry[] {
    const places = new Places(record, entries, this.arrivals);
    if (record.data.length === 0 && places.hasErased) return places.judged;
    const block = splitRecord(record.data, this.#tools.gunzip);
    const lines = block === undefined ? undefined : this.#judgeLines(block, places, record);
    // A record of which nothing is left was not always empty.
    if (lines !== undefined && (lines > 0 || places.hasErased)) places.skipErased();
    else places.addReject(noLine, record.data.length, undefined);
    return places.judged;
  }

  /**
   * Adds a judged entry to the totals.
   *
   * @param isInProfile whether profiles, which may be behind, hold it already
   */
  count(judged: JudgedEntry, isInProfile = true): void {
    const { was, play, isErased, isQualified } = judged;
    const shard = this.#shard(judged.shard);
    if (was === "reject") shard.rejects += 1;
    else if (was === "duplicate") shard.duplicates += 1;
    if (was !== "play" && was !== "unqualified" && was !== "repeat") return;
    shard.plays += 1;
    if (!isQualified) shard.unqualified += 1;
    if (isErased) leaveOut(this.forgotten, isQualified);
    else if (was === "repeat") leaveOut(this.repeated, isQualified);
    if (play === undefined || was === "repeat") return;
    if (judged.isBeyondHorizon) this.beyondHorizon += 1;
    this.#add(play, judged.arrivedAt);
    if (isInProfile) this.#addToProfile(play);
  }

  /** What every counter should hold, by its key. */
  *counters(): IterableIterator<readonly [key: string, totals: RecountedTotals]> {
    if (this.songs.size > 0) yield ["ALL", sumOf(this.songs.values())];
    if (this.repeated.plays + this.repeated.unqualified > 0)
      yield ["REPEATED", { ...emptyTotals(), ...this.repeated }];
    if (this.forgotten.plays + this.forgotten.unqualified > 0)
      yield ["FORGOTTEN", { ...emptyTotals(), ...this.forgotten }];
    for (const [id, totals] of this.songs) yield [`SONG#${id}`, totals];
    for (const [name, totals] of this.artists) yield [`ARTIST#${name}`, totals];
    for (const dimension of dimensions)
      for (const [value, totals] of this.#values[dimension]) yield [`DIM#${dimension}#${value}`, totals];
  }

  /** Judges the lines of a record and returns how many there were. */
  #judgeLines(lines: Iterable<Line>, places: Places, { arrivedAt, data }: RawRecord): number {
    let found = 0;
    for (const { number, text, raw } of lines) {
      if (places.isFull) return 1;
      found += 1;
      const play = text === undefined ? undefined : readPlay(text, arrivedAt, this.#tools.sha256);
      if (play !== undefined) this.#judgePlay(play, number, places);
      else if (places.rejects < mostRejects) places.addReject(number, lengthOf(raw), userIdIn(text));
      else places.hasMoreRejects = true;
    }
    if (places.hasMoreRejects) places.addReject(noLine, data.length, undefined);
    return found;
  }

  #judgePlay(play: ReadPlay, line: number, places: Places): void {
    const { arrivedAt } = places.record;
    if (!places.hasRoom()) return;
    const before = this.arrivals.note(play.id, arrivedAt);
    const isDuplicate = before !== undefined && arrivedAt - before <= this.#horizonMs;
    const isRepeat = !isDuplicate && play.isMarked && !this.arrivals.claim(play.id);
    const counts = play.qualified ? "play" : "unqualified";
    const was = isDuplicate ? "duplicate" : isRepeat ? "repeat" : counts;
    places.addPlay(line, play, was, before !== undefined && was === counts);
  }

  #add(play: ReadPlay, arrivedAt: number): void {
    const song = totalsOf(this.songs, play.trackId);
    addPlay(song, play, arrivedAt);
    addLabel(song, play);
    addTenth(song, play);
    addPlay(totalsOf(this.artists, play.artist), play, arrivedAt);
    for (const dimension of dimensions) {
      const value = play[dimension];
      if (value !== "") addPlay(totalsOf(this.#values[dimension], value), play, arrivedAt);
    }
  }

  #addToProfile(play: ReadPlay): void {
    let profile = this.profiles.get(play.userId);
    if (profile === undefined) {
      profile = emptyProfile();
      this.profiles.set(play.userId, profile);
    }
    addToProfile(profile, play);
  }

  #shard(name: string): ShardTally {
    let tally = this.shards.get(name);
    if (tally === undefined) {
      tally = { plays: 0, unqualified: 0, duplicates: 0, rejects: 0 };
      this.shards.set(name, tally);
    }
    return tally;
  }
}

/** The counters that a counted play is in; none for anything else. */
export function keysOf({ was, play }: JudgedEntry): readonly string[] {
  if (play === undefined || (was !== "play" && was !== "unqualified")) return [];
  return [
    `SONG#${play.trackId}`,
    `ARTIST#${play.artist}`,
    ...dimensions.filter((name) => play[name] !== "").map((name) => `DIM#${name}#${play[name]}`),
  ];
}

/** The entries of one record, each at its place; those that were erased keep theirs. */
class Places {
  readonly judged: JudgedEntry[] = [];
  readonly record: RawRecord;
  /** How many were listed, erased ones included. */
  rejects = 0;
  hasMoreRejects = false;
  readonly #end: number;
  readonly #erased: Map<number, Erased>;
  readonly #arrivals: Arrivals;
  #next = 0;

  /**
   * @param end only what starts before this place is judged
   * @param arrivals ids that were erased have arrived as well
   */
  constructor(record: RawRecord, end: number, arrivals: Arrivals) {
    this.record = record;
    this.#end = end;
    this.#erased = new Map(record.erased?.map((erased) => [erased.entry, erased]));
    this.#arrivals = arrivals;
    this.skipErased();
  }

  get isFull(): boolean {
    return this.#next >= this.#end;
  }

  get hasErased(): boolean {
    return (this.record.erased?.length ?? 0) > 0;
  }

  /** Whether the next entry is judged; what was erased before it is passed. */
  hasRoom(): boolean {
    this.skipErased();
    return !this.isFull;
  }

  addPlay(line: number, play: ReadPlay, was: Was, isBeyondHorizon: boolean): void {
    const { userId, qualified: isQualified } = play;
    this.#push({ line, entries: 1, was, isErased: false, isQualified, isBeyondHorizon, userId, play });
  }

  addReject(line: number, rawBytes: number, userId: string | undefined): void {
    if (!this.hasRoom()) return;
    const entries = Math.max(1, Math.ceil(rawBytes / rejectPieceBytes));
    this.rejects += 1;
    const nothing = { isErased: false, isQualified: false, isBeyondHorizon: false, play: undefined };
    this.#push({ line, entries, was: "reject", userId, ...nothing });
  }

  skipErased(): void {
    for (;;) {
      const erased = this.#erased.get(this.#next);
      if (erased === undefined || this.isFull) return;
      const { was, id, isMarked = false } = erased;
      if (was === "reject") this.rejects += 1;
      const { arrivedAt } = this.record;
      if (id !== undefined) this.#arrivals.noteErased(id, arrivedAt, isMarked && was !== "duplicate");
      const nothing = { isBeyondHorizon: false, userId: undefined, play: undefined };
      this.#push({ line: noLine, entries: 1, was, isErased: true, isQualified: was === "play", ...nothing });
    }
  }

  #push(judged: Omit<JudgedEntry, "shard" | "entry" | "arrivedAt">): void {
    const { shard, arrivedAt } = this.record;
    this.judged.push({ shard, entry: this.#next, arrivedAt, ...judged });
    this.#next += judged.entries;
  }
}

function totalsOf(tallies: Tallies, id: string): RecountedTotals {
  let totals = tallies.get(id);
  if (totals === undefined) {
    totals = emptyTotals();
    tallies.set(id, totals);
  }
  return totals;
}

function leaveOut(leftOut: LeftOut, isQualified: boolean): void {
  if (isQualified) leftOut.plays += 1;
  else leftOut.unqualified += 1;
}

const lengthOf = (raw: string | Uint8Array): number =>
  typeof raw === "string" ? utf8Bytes(raw) : raw.length;
