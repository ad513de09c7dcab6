import {
  artistKey,
  type CounterDelta,
  type CounterKey,
  type Dimension,
  dimensionKey,
  songKey,
} from "./counter.ts";
import type { ArtistName, EpochMs } from "./play.ts";
import { factFlags, type SegmentContents, type SegmentTrack } from "./segment.ts";
import { compareLabels, type Label, type Totals } from "./totals.ts";
import { type WindowId, type WindowShare, windowShares } from "./windows.ts";

/** Sums the facts of any number of segments into one delta per counter. The order of segments and plays is immaterial. */
export class CounterFold {
  readonly #now: EpochMs;
  readonly #tallies = new Map<CounterKey, Tally>();

  /** @param now the epoch's clock: windows whose totals may be dropped by then are left out */
  constructor(now: EpochMs) {
    this.#now = now;
  }

  /** How many counters the segments touch. */
  get size(): number {
    return this.#tallies.size;
  }

  add(contents: SegmentContents): void {
    const { facts, labels, tracks } = contents;
    const dimensionTallies = new DimensionTallies(labels, (dimension, value) =>
      this.#tallyOf(dimensionKey(dimension, value)),
    );
    const songs = tracks.map((track) => this.#tallyOf(songKey(track.id)));
    const artists = tracks.map((track) => this.#tallyOf(artistKey(track.artist)));
    const genres = tracks.map(({ genre }) =>
      genre === "" ? undefined : this.#tallyOf(dimensionKey("genre", genre)),
    );
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
      artists[track]?.add(fact);
      genres[track]?.add(fact);
      dimensionTallies.of("platform", facts.platform[i] ?? 0)?.add(fact);
      dimensionTallies.of("mood", facts.mood[i] ?? 0)?.add(fact);
      dimensionTallies.of("country", facts.country[i] ?? 0)?.add(fact);
    }
  }

  /** One delta per counter, in the order in which the counters were first met. */
  *deltas(): IterableIterator<CounterDelta> {
    for (const [key, totals] of this.#tallies) yield { key, totals };
  }

  /** The windows that a play enters: those that were open when it arrived and are still kept. */
  #sharesOf(startedAt: EpochMs, arrivedAt: number): readonly WindowShare[] {
    const shares = windowShares(startedAt);
    if (shares.every((share) => arrivedAt < share.closesAt && this.#now < share.dropAt)) return shares;
    return shares.filter((share) => arrivedAt < share.closesAt && this.#now < share.dropAt);
  }

  #tallyOf(key: CounterKey): Tally {
    let tally = this.#tallies.get(key);
    if (tally === undefined) {
      tally = new Tally();
      this.#tallies.set(key, tally);
    }
    return tally;
  }
}

/** The tallies of the values that a segment's labels name, looked up once per label and dimension. */
class DimensionTallies {
  readonly #labels: readonly string[];
  readonly #tallyOf: (dimension: Dimension, value: string) => Tally;
  readonly #known: Record<"platform" | "mood" | "country", (Tally | undefined)[]> = {
    platform: [],
    mood: [],
    country: [],
  };

  constructor(labels: readonly string[], tallyOf: (dimension: Dimension, value: string) => Tally) {
    this.#labels = labels;
    this.#tallyOf = tallyOf;
  }

  of(dimension: "platform" | "mood" | "country", label: number): Tally | undefined {
    if (label === 0) return undefined;
    const known = this.#known[dimension];
    let tally = known[label];
    if (tally === undefined) {
      tally = this.#tallyOf(dimension, this.#labels[label] ?? "");
      known[label] = tally;
    }
    return tally;
  }
}

class Fact {
  startedAt = 0 as EpochMs;
  listenedMs = 0;
  flags = 0;
  rating = 0;
  shares: readonly WindowShare[] = [];
}

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
  #windows: Map<WindowId, { plays: number; listenedMs: number }> | undefined;
  #decays: Map<WindowId, bigint> | undefined;

  get windows(): ReadonlyMap<WindowId, { plays: number; listenedMs: number }> {
    return this.#windows ?? noWindows;
  }

  get decays(): ReadonlyMap<WindowId, bigint> {
    return this.#decays ?? noWindows;
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

  addLabel(track: SegmentTrack | undefined, startedAt: EpochMs): void {
    if (track === undefined || (this.label !== undefined && startedAt > this.label.startedAt)) return;
    const label = { startedAt, artist: track.artist as ArtistName, title: track.title };
    if (this.label === undefined || compareLabels(label, this.label) < 0) this.label = label;
  }

  #addShare(share: WindowShare, isQualified: boolean, listenedMs: number): void {
    if (share.kind === "decay") {
      if (!isQualified) return;
      this.#decays ??= new Map();
      this.#decays.set(share.window, (this.#decays.get(share.window) ?? 0n) + BigInt(share.weight));
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
