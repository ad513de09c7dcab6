import {
  allSongsKey,
  artistPrefix,
  type CounterDelta,
  type CounterKey,
  dimensionPrefix,
  repeatedKey,
  songPrefix,
} from "./counter.ts";
import { DictionaryNumbers } from "./dictionary-numbers.ts";
import { grown } from "./grown.ts";
import { bucketOf } from "./listener-sketch.ts";
import { Numbering } from "./numbering.ts";
import { totalsOf } from "./owner-totals.ts";
import { type EpochMs, tenths, type UserId } from "./play.ts";
import { PlaySums } from "./play-sums.ts";
import { type Facts, factFlags, type SegmentContents, type SegmentTrack } from "./segment.ts";
import { compareLabels, earliest, type Label, noTotals, type PlayCounts, type Totals } from "./totals.ts";
import { TrackDictionary } from "./track-dictionary.ts";
import { type GroupShare, WindowGroups } from "./window-groups.ts";
import { owns, type WorkShare, wholeWork } from "./work-share.ts";

/** Dimensions whose values are labels of a segment; the fourth, `genre`, is the track's. */
const labelDimensions = ["platform", "mood", "country"] as const;
type LabelDimension = (typeof labelDimensions)[number];

const none = -1;

/**
 * Sums the facts of any number of segments into one delta per counter, of all counters or of one worker's. The order of
 * segments and plays is immaterial.
 *
 * A play is added to its track and to its labels; songs, artists and genres are sums of tracks, made once at the end.
 */
export class CounterFold {
  readonly #windows: WindowGroups;
  readonly #tracks = new TrackDictionary();
  readonly #trackNumbers = new DictionaryNumbers<SegmentTrack>((track) => this.#tracks.numberOf(track));
  readonly #buckets = new DictionaryNumbers<UserId>(bucketOf);
  /** By track. */
  readonly #sums = new PlaySums();
  /** By track: the earliest start of its unqualified plays, epoch ms; of the others `PlaySums` knows it. */
  #earliest = new Float64Array(0);
  /** By track: how many plays ended at which tenth, from `tenthsAt` on. */
  #tenths = new Uint32Array(0);
  readonly #values: Readonly<Record<LabelDimension, ValueSums>> = {
    platform: new ValueSums(),
    mood: new ValueSums(),
    country: new ValueSums(),
  };
  #repeats: PlayCounts = { plays: 0, unqualified: 0 };

  readonly #share: WorkShare;
  /** The counters of the plays so far, once somebody asked. */
  #sorted: readonly CounterKind[] | undefined;

  /**
   * @param now the epoch's clock: windows whose totals may be dropped by then are left out
   * @param share whose counters are summed
   */
  constructor(now: EpochMs, share: WorkShare = wholeWork) {
    this.#windows = new WindowGroups(now);
    this.#share = share;
  }

  /** How many counters there are deltas of. */
  get size(): number {
    return this.#kinds().reduce((sum, { owners }) => sum + owners.length, 0);
  }

  /** How many of them are songs. */
  get songs(): number {
    return this.#songOwners().length;
  }

  /** The plays of the segments that are not counted. */
  get repeats(): PlayCounts {
    return this.#repeats;
  }

  /** Notes plays of a segment that are not counted (I3). */
  addRepeats({ plays, unqualified }: PlayCounts): void {
    this.#repeats = {
      plays: this.#repeats.plays + plays,
      unqualified: this.#repeats.unqualified + unqualified,
    };
  }

  add(contents: SegmentContents): void {
    this.#sorted = undefined;
    const { facts, labels, tracks } = contents;
    const numbers = this.#trackNumbers.of(tracks, facts.track);
    this.#reserve(this.#tracks.size);
    const shares = this.#windows.sharesOf(facts.startedAt, facts.arrivedAt);
    this.#sums.addAll(facts.track, numbers, shares, facts);
    this.#addEnds(facts, numbers);
    this.#addListeners(contents, numbers, shares);
    if (labels.length <= 1) return; // the one that means none
    for (const dimension of labelDimensions) {
      const { names, sums } = this.#values[dimension];
      sums.addAll(facts[dimension], numberLabels(facts[dimension], labels, names), shares, facts);
    }
  }

  /** What songs need to know of all their plays: when they started, and in which tenth they ended. */
  #addEnds({ track: column, startedAt: starts, tenth: ends, flags }: Facts, numbers: Int32Array): void {
    const [earliest, counts] = [this.#earliest, this.#tenths];
    for (let i = 0; i < column.length; i++) {
      const end = ends[i] as number;
      const isQualified = ((flags[i] as number) & factFlags.qualified) !== 0;
      if (end === 0 && isQualified) continue; // mostly, and then nothing is looked up
      const track = numbers[column[i] as number] as number;
      const startedAt = starts[i] as number;
      if (!isQualified && startedAt < (earliest[track] as number)) earliest[track] = startedAt;
      if (end > 0) counts[track * tenths + end - 1] = (counts[track * tenths + end - 1] as number) + 1;
    }
  }

  /** Who plays what in hours that are not over. */
  #addListeners({ facts, users }: SegmentContents, numbers: Int32Array, shares: readonly GroupShare[]): void {
    const isRising = this.#windows.groups.map(({ rising }) => rising !== undefined);
    if (!isRising.includes(true)) return;
    const buckets = this.#buckets.of(users, facts.user);
    for (let i = 0; i < shares.length; i++) {
      const { group } = shares[i] as GroupShare;
      if (isRising[group] !== true || ((facts.flags[i] as number) & factFlags.qualified) === 0) continue;
      const track = numbers[facts.track[i] as number] as number;
      this.#sums.addListener(track, group, buckets[facts.user[i] as number] as number);
    }
  }

  #reserve(tracks: number): void {
    const known = this.#earliest.length;
    if (tracks <= known) return;
    const length = Math.max(tracks, 2 * known);
    this.#earliest = grown(this.#earliest, length, Number.POSITIVE_INFINITY);
    this.#tenths = grown(this.#tenths, length * tenths);
  }

  /**
   * One delta per counter, each made when it is asked for: all at once they take 100 MB after a file of a million plays.
   * Neighbours in the order of keys are neighbours in a store, which writes them together.
   */
  *deltas(): IterableIterator<CounterDelta> {
    for (const { owners, keyOf, totalsOf } of this.#kinds())
      for (const owner of owners) yield { key: keyOf(owner), totals: totalsOf(owner) };
  }

  /** What the songs' deltas add up to, where there are any. */
  get songSums(): readonly SongSums[] {
    const songs = this.#songOwners();
    if (songs.length === 0) return [];
    return [sumOf(this.#trackCounts(songs))];
  }

  *#trackCounts(songs: Int32Array): IterableIterator<SongSums> {
    for (const song of songs)
      for (let track = this.#tracks.firstOf(song); track !== none; track = this.#tracks.nextOf(track))
        yield this.#sums.countsOf(track);
  }

  #songOwners(): Int32Array {
    return this.#kinds().at(-1)?.owners ?? new Int32Array();
  }

  /** In the order of their keys; songs are last. */
  #kinds(): readonly CounterKind[] {
    if (this.#sorted === undefined) {
      const { platform, mood, country } = this.#values;
      this.#sorted = [
        this.#kindOf(
          artistPrefix,
          this.#tracks.artists,
          this.#sumsBy((track) => this.#tracks.artistOf(track)),
          true,
        ),
        this.#kindOf(dimensionPrefix("country"), country.names, country.sums, false),
        this.#kindOf(
          dimensionPrefix("genre"),
          this.#tracks.genres,
          this.#sumsBy((track) => this.#tracks.genreOf(track)),
          false,
        ),
        this.#kindOf(dimensionPrefix("mood"), mood.names, mood.sums, false),
        this.#kindOf(dimensionPrefix("platform"), platform.names, platform.sums, false),
        this.#kind(songPrefix, this.#tracks.songs, (song) => this.#songTotals(song)),
      ];
    }
    return this.#sorted;
  }

  #kindOf(prefix: string, names: Numbering<string>, sums: PlaySums, hasListeners: boolean): CounterKind {
    const { groups } = this.#windows;
    return this.#kind(prefix, names, (owner) =>
      totalsOf(sums, owner, groups, undefined, noTotals.tenths, hasListeners),
    );
  }

  /** The worker's own counters of a kind. */
  #kind(prefix: string, { names }: Numbering<string>, totalsOfOwner: (owner: number) => Totals): CounterKind {
    const keyOf = (owner: number): CounterKey => `${prefix}${names[owner]}` as CounterKey;
    const all = Int32Array.from(names.keys());
    const owners = this.#share.workers === 1 ? all : all.filter((owner) => owns(this.#share, keyOf(owner)));
    owners.sort((a, b) => ((names[a] as string) < (names[b] as string) ? -1 : 1));
    return { owners, keyOf, totalsOf: totalsOfOwner };
  }

  /** What the tracks of each owner add up to. @param ownerOf -1 for none */
  #sumsBy(ownerOf: (track: number) => number): PlaySums {
    const sums = new PlaySums();
    for (let track = 0; track < this.#tracks.size; track++) {
      const owner = ownerOf(track);
      if (owner !== none) sums.addOwner(owner, this.#sums, track);
    }
    return sums;
  }

  /** Nearly every song is one track. */
  #songTotals(song: number): Totals {
    const first = this.#tracks.firstOf(song);
    const second = this.#tracks.nextOf(first);
    if (second === none) {
      const { groups } = this.#windows;
      return totalsOf(this.#sums, first, groups, this.#labelOf(first), this.#tenthsOf(first), true);
    }
    const all = new PlaySums();
    let label = this.#labelOf(first);
    const counts = new Array<number>(tenths).fill(0);
    for (let track = first; track !== none; track = this.#tracks.nextOf(track)) {
      all.addOwner(0, this.#sums, track);
      const other = this.#labelOf(track);
      if (compareLabels(other, label) < 0) label = other;
      for (const [tenth, count] of this.#tenthsOf(track).entries())
        counts[tenth] = (counts[tenth] ?? 0) + count;
    }
    const isKnown = counts.some((count) => count > 0);
    return totalsOf(all, 0, this.#windows.groups, label, isKnown ? counts : noTotals.tenths, true);
  }

  #labelOf(track: number): Label {
    const { artist, title } = this.#tracks.at(track) ?? noTrack;
    const startedAt = Math.min(this.#earliest[track] as number, this.#sums.firstStart(track));
    return { startedAt: startedAt as EpochMs, artist, title };
  }

  #tenthsOf(track: number): readonly number[] {
    const at = track * tenths;
    const counts: number[] = [];
    let plays = 0;
    for (let tenth = at; tenth < at + tenths; tenth++) {
      const count = this.#tenths[tenth] as number;
      plays += count;
      counts.push(count);
    }
    return plays > 0 ? counts : noTotals.tenths;
  }
}

/** What songs add up to: no windows, decays, listeners, tenths and labels, which would make the counter large; nobody reads them. */
export type SongSums = Pick<
  Totals,
  | "plays"
  | "unqualified"
  | "listenedMs"
  | "completes"
  | "skips"
  | "ratingSum"
  | "ratingCount"
  | "firstPlayedAt"
>;

/**
 * The deltas of an epoch's sums: of all songs, and of the plays that are not counted. Kept beside the counters, they show
 * later whether every play was counted once.
 *
 * @param songs of each worker, over its own songs
 */
export function sumDeltas(songs: readonly SongSums[], repeats: PlayCounts): readonly CounterDelta[] {
  const deltas: CounterDelta[] = [];
  if (songs.length > 0) deltas.push({ key: allSongsKey, totals: { ...noTotals, ...sumOf(songs) } });
  const { plays, unqualified } = repeats;
  if (plays + unqualified > 0) deltas.push({ key: repeatedKey, totals: { ...noTotals, plays, unqualified } });
  return deltas;
}

/** Counters whose keys start alike. */
interface CounterKind {
  /** In the order of keys. */
  readonly owners: Int32Array;
  keyOf(owner: number): CounterKey;
  totalsOf(owner: number): Totals;
}

class ValueSums {
  readonly names = new Numbering<string>();
  readonly sums = new PlaySums();
}

const noTrack = { artist: "" as Label["artist"], title: "" };

/** The numbers of the labels that a column names, by label; -1 for the others, and for none. */
function numberLabels(
  column: ArrayLike<number>,
  labels: readonly string[],
  names: Numbering<string>,
): Int32Array {
  const numbers = new Int32Array(labels.length).fill(none);
  for (let i = 0; i < column.length; i++) {
    const label = column[i] as number;
    if (label !== 0 && numbers[label] === none) numbers[label] = names.numberOf(labels[label] as string);
  }
  return numbers;
}

function sumOf(songs: Iterable<SongSums>): SongSums {
  let [plays, unqualified, listenedMs, completes, skips, ratingSum, ratingCount] = [0, 0, 0, 0, 0, 0, 0];
  let firstPlayedAt: EpochMs | undefined;
  for (const sums of songs) {
    plays += sums.plays;
    unqualified += sums.unqualified;
    listenedMs += sums.listenedMs;
    completes += sums.completes;
    skips += sums.skips;
    ratingSum += sums.ratingSum;
    ratingCount += sums.ratingCount;
    firstPlayedAt = earliest(firstPlayedAt, sums.firstPlayedAt);
  }
  return { plays, unqualified, listenedMs, completes, skips, ratingSum, ratingCount, firstPlayedAt };
}
