import {
  allSongsKey,
  artistKey,
  type CounterDelta,
  type CounterKey,
  type Dimension,
  dimensionKey,
  repeatedKey,
  songKey,
} from "./counter.ts";
import { type ListenerSketch, sketchOf } from "./listener-sketch.ts";
import { type ArtistName, type EpochMs, type TrackId, tenths } from "./play.ts";
import { factFlags, type SegmentContents, type SegmentTrack } from "./segment.ts";
import { compareLabels, earliest, type Label, noTotals, type PlayCounts, type Totals } from "./totals.ts";
import { risingWindow, type WindowId, type WindowShare, windowShares } from "./windows.ts";
import { owns, type WorkShare, wholeWork } from "./work-share.ts";

/**
 * Sums the facts of any number of segments into one delta per counter, of all counters or of one worker's. The order of
 * segments and plays is immaterial.
 */
export class CounterFold {
  readonly #now: EpochMs;
  readonly #songs: Tallies<TrackId>;
  readonly #artists: Tallies<ArtistName>;
  readonly #values: Record<Dimension, Tallies<string>>;
  #repeats: PlayCounts = { plays: 0, unqualified: 0 };

  /**
   * @param now the epoch's clock: windows whose totals may be dropped by then are left out
   * @param share whose counters are summed
   */
  constructor(now: EpochMs, share: WorkShare = wholeWork) {
    this.#now = now;
    this.#songs = new Tallies(songKey, share);
    this.#artists = new Tallies(artistKey, share);
    this.#values = dimensionTallies(share);
  }

  /** How many counters there are deltas of. */
  get size(): number {
    return this.#all().reduce((sum, tallies) => sum + tallies.size, 0);
  }

  /** How many of them are songs. */
  get songs(): number {
    return this.#songs.size;
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
    const { facts, labels, tracks } = contents;
    const songs = tracks.map((track) => this.#songs.of(track.id));
    const artists = tracks.map((track) => this.#artists.of(track.artist));
    const genres = tracks.map(({ genre }) => (genre === "" ? undefined : this.#values.genre.of(genre)));
    const platforms = new LabelTallies(labels, this.#values.platform);
    const moods = new LabelTallies(labels, this.#values.mood);
    const countries = new LabelTallies(labels, this.#values.country);
    const fact = new Fact();
    for (let i = 0; i < facts.user.length; i++) {
      const track = facts.track[i] ?? 0;
      fact.startedAt = (facts.startedAt[i] ?? 0) as EpochMs;
      fact.listenedMs = facts.listenedMs[i] ?? 0;
      fact.flags = facts.flags[i] ?? 0;
      fact.rating = facts.rating[i] ?? 0;
      fact.shares = this.#sharesOf(fact.startedAt, facts.arrivedAt[i] ?? 0);
      const song = songs[track];
      song?.add(fact);
      song?.addLabel(tracks[track], fact.startedAt);
      song?.addTenth(facts.tenth[i] ?? 0);
      artists[track]?.add(fact);
      genres[track]?.add(fact);
      platforms.of(facts.platform[i] ?? 0)?.add(fact);
      moods.of(facts.mood[i] ?? 0)?.add(fact);
      countries.of(facts.country[i] ?? 0)?.add(fact);
    }
    this.#addListeners(contents, songs, artists);
  }

  /** Who plays what in hours that are not over. */
  #addListeners({ facts, users }: SegmentContents, songs: Tallied, artists: Tallied): void {
    const sketches = users.map(sketchOf);
    for (let i = 0; i < facts.user.length; i++) {
      if (((facts.flags[i] ?? 0) & factFlags.qualified) === 0) continue;
      const rising = risingWindow((facts.startedAt[i] ?? 0) as EpochMs, this.#now);
      if (rising === undefined) continue;
      const listener = sketches[facts.user[i] ?? 0] ?? 0n;
      const track = facts.track[i] ?? 0;
      songs[track]?.addListener(rising, listener);
      artists[track]?.addListener(rising, listener);
    }
  }

  /** One delta per counter. Neighbours in the order of keys are neighbours in a store, which writes them together. */
  deltas(): readonly CounterDelta[] {
    return this.#all()
      .flatMap((tallies) => [...tallies.deltas()])
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** What the songs' deltas add up to, where there are any. */
  get songSums(): readonly SongSums[] {
    if (this.#songs.size === 0) return [];
    const sum = new Tally();
    for (const { totals } of this.#songs.deltas()) sum.addSums(totals);
    return [sum];
  }

  #all(): readonly Pick<Tallies<string>, "size" | "deltas">[] {
    return [this.#songs, this.#artists, ...Object.values(this.#values)];
  }

  /** The windows that a play enters: those that were open when it arrived and are still kept. */
  #sharesOf(startedAt: EpochMs, arrivedAt: number): readonly WindowShare[] {
    const shares = windowShares(startedAt);
    const isOpen = (share: WindowShare): boolean => arrivedAt < share.closesAt && this.#now < share.dropAt;
    return shares.every(isOpen) ? shares : shares.filter(isOpen);
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
  if (songs.length > 0) {
    const sum = new Tally();
    for (const sums of songs) sum.addSums(sums);
    deltas.push({ key: allSongsKey, totals: sum });
  }
  const { plays, unqualified } = repeats;
  if (plays + unqualified > 0) deltas.push({ key: repeatedKey, totals: { ...noTotals, plays, unqualified } });
  return deltas;
}

/** By index of a segment's dictionary; undefined where another worker has the counter. */
type Tallied = readonly (Tally | undefined)[];

/** The tallies of one kind of counter by its id. */
class Tallies<Id extends string> {
  readonly #keyOf: (id: Id) => CounterKey;
  readonly #share: WorkShare;
  readonly #tallies = new Map<Id, Tally>();

  constructor(keyOf: (id: Id) => CounterKey, share: WorkShare) {
    this.#keyOf = keyOf;
    this.#share = share;
  }

  get size(): number {
    return this.#tallies.size;
  }

  /** Undefined where the counter is another worker's. */
  of(id: Id): Tally | undefined {
    let tally = this.#tallies.get(id);
    if (tally === undefined && owns(this.#share, this.#keyOf(id))) {
      tally = new Tally();
      this.#tallies.set(id, tally);
    }
    return tally;
  }

  *deltas(): IterableIterator<CounterDelta> {
    for (const [id, totals] of this.#tallies) yield { key: this.#keyOf(id), totals };
  }
}

const dimensionTallies = (share: WorkShare): Record<Dimension, Tallies<string>> => ({
  genre: new Tallies((value) => dimensionKey("genre", value), share),
  platform: new Tallies((value) => dimensionKey("platform", value), share),
  mood: new Tallies((value) => dimensionKey("mood", value), share),
  country: new Tallies((value) => dimensionKey("country", value), share),
});

/** The tallies that a segment's labels name, looked up once a label. */
class LabelTallies {
  readonly #labels: readonly string[];
  readonly #tallies: Tallies<string>;
  /** Null where the counter is another worker's. */
  readonly #known: (Tally | null | undefined)[] = [];

  constructor(labels: readonly string[], tallies: Tallies<string>) {
    this.#labels = labels;
    this.#tallies = tallies;
  }

  of(label: number): Tally | undefined {
    if (label === 0) return undefined;
    let tally = this.#known[label];
    if (tally === undefined) {
      tally = this.#tallies.of(this.#labels[label] ?? "") ?? null;
      this.#known[label] = tally;
    }
    return tally ?? undefined;
  }
}

class Fact {
  startedAt = 0 as EpochMs;
  listenedMs = 0;
  flags = 0;
  rating = 0;
  shares: readonly WindowShare[] = [];
}

/** Weights are below 2^41, so that numbers add some thousands of them exactly: a bigint for each play is dear. */
class WeightSum {
  #whole = 0n;
  #part: number;

  constructor(weight: number) {
    this.#part = weight;
  }

  get total(): bigint {
    return this.#whole + BigInt(this.#part);
  }

  add(weight: number): void {
    this.#part += weight;
    if (this.#part < partLimit) return;
    this.#whole += BigInt(this.#part);
    this.#part = 0;
  }
}

const partLimit = 2 ** 52;

const noWindows: ReadonlyMap<WindowId, never> = new Map<WindowId, never>();

/** `Totals` that grow in place. */
class Tally implements Totals {
  plays = 0;
  unqualified = 0;
  listenedMs = 0;
  completes = 0;
  skips = 0;
  ratingSum = 0;
  ratingCount = 0;
  firstPlayedAt: EpochMs | undefined;
  label: Label | undefined;
  #tenths: number[] | undefined;
  #windows: Map<WindowId, { plays: number; listenedMs: number }> | undefined;
  #decays: Map<WindowId, WeightSum> | undefined;
  /** `#decays` as totals; undefined where something was added since. */
  #decayTotals: ReadonlyMap<WindowId, bigint> | undefined;
  #listeners: Map<WindowId, ListenerSketch> | undefined;

  get tenths(): readonly number[] {
    return this.#tenths ?? noTotals.tenths;
  }

  get windows(): ReadonlyMap<WindowId, { plays: number; listenedMs: number }> {
    return this.#windows ?? noWindows;
  }

  get decays(): ReadonlyMap<WindowId, bigint> {
    if (this.#decays === undefined) return noWindows;
    this.#decayTotals ??= new Map([...this.#decays].map(([window, sum]) => [window, sum.total]));
    return this.#decayTotals;
  }

  get listeners(): ReadonlyMap<WindowId, ListenerSketch> {
    return this.#listeners ?? noWindows;
  }

  add(fact: Fact): void {
    const isQualified = (fact.flags & factFlags.qualified) !== 0;
    this.listenedMs += fact.listenedMs;
    if ((fact.flags & factFlags.completed) !== 0) this.completes += 1;
    if ((fact.flags & factFlags.skipped) !== 0) this.skips += 1;
    if (fact.rating > 0) {
      this.ratingSum += fact.rating - 1;
      this.ratingCount += 1;
    }
    if (isQualified) {
      this.plays += 1;
      if (this.firstPlayedAt === undefined || fact.startedAt < this.firstPlayedAt) {
        this.firstPlayedAt = fact.startedAt;
      }
    } else {
      this.unqualified += 1;
    }
    for (const share of fact.shares) this.#addShare(share, isQualified, fact.listenedMs);
  }

  addSums(totals: SongSums): void {
    this.plays += totals.plays;
    this.unqualified += totals.unqualified;
    this.listenedMs += totals.listenedMs;
    this.completes += totals.completes;
    this.skips += totals.skips;
    this.ratingSum += totals.ratingSum;
    this.ratingCount += totals.ratingCount;
    this.firstPlayedAt = earliest(this.firstPlayedAt, totals.firstPlayedAt);
  }

  /** @param tenth as in `Facts`: plus 1, and 0 where it is unknown */
  addTenth(tenth: number): void {
    if (tenth === 0) return;
    this.#tenths ??= new Array<number>(tenths).fill(0);
    this.#tenths[tenth - 1] = (this.#tenths[tenth - 1] ?? 0) + 1;
  }

  addLabel(track: SegmentTrack | undefined, startedAt: EpochMs): void {
    if (track === undefined || (this.label !== undefined && startedAt > this.label.startedAt)) return;
    const label = { startedAt, artist: track.artist as ArtistName, title: track.title };
    if (this.label === undefined || compareLabels(label, this.label) < 0) this.label = label;
  }

  addListener(rising: WindowId, listener: ListenerSketch): void {
    this.#listeners ??= new Map();
    this.#listeners.set(rising, (this.#listeners.get(rising) ?? 0n) | listener);
  }

  #addWeight({ window, weight }: WindowShare): void {
    this.#decays ??= new Map();
    this.#decayTotals = undefined;
    const sum = this.#decays.get(window);
    if (sum === undefined) this.#decays.set(window, new WeightSum(weight));
    else sum.add(weight);
  }

  #addShare(share: WindowShare, isQualified: boolean, listenedMs: number): void {
    if (share.kind === "decay") {
      if (!isQualified) return;
      this.#addWeight(share);
      return;
    }
    this.#windows ??= new Map();
    const window = this.#windows.get(share.window);
    if (window === undefined) {
      this.#windows.set(share.window, { plays: isQualified ? 1 : 0, listenedMs });
    } else {
      if (isQualified) window.plays += 1;
      window.listenedMs += listenedMs;
    }
  }
}
