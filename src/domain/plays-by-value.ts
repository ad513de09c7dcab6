import type { Dimension } from "./counter.ts";
import { type PlaysByValue, playsOfDay, type SongName } from "./dimension-tops.ts";
import { grown } from "./grown.ts";
import { Numbering } from "./numbering.ts";
import type { EpochMs, TrackId } from "./play.ts";
import type { SegmentContents } from "./segment.ts";
import type { ExactCounts } from "./space-saving.ts";

const unnumbered = -1;

/**
 * Counts the qualified plays of a day by dimension, value and song, exactly. Songs and values are numbers inside, a play is a
 * pair of them, and pairs are sorted to be counted: maps of counters by value were a tenth of the CPU of a large epoch, and
 * summaries by name to merge them as much again (ADR 27).
 */
export class PlaysByValueFold {
  readonly #dayStart: EpochMs;
  readonly #songs = new Numbering<TrackId>();
  /** By song: what it was called first. */
  readonly #names: SongName[] = [];
  readonly #pairs: Readonly<Record<Dimension, ValuePairs>> = {
    genre: new ValuePairs(),
    platform: new ValuePairs(),
    mood: new ValuePairs(),
    country: new ValuePairs(),
  };
  #plays = 0;

  /** @param dayStart epoch ms */
  constructor(dayStart: EpochMs) {
    this.#dayStart = dayStart;
  }

  /** How many plays are in. */
  get plays(): number {
    return this.#plays;
  }

  /** @param leftOut indexes of plays that do not count */
  add(contents: SegmentContents, leftOut: ReadonlySet<number>): void {
    const plays = playsOfDay(contents, this.#dayStart);
    if (plays.length === 0) return; // nobody needs the names
    const { facts, tracks, labels } = contents;
    const songs = new Int32Array(tracks.length).fill(unnumbered);
    const { genre: genres, platform, mood, country } = this.#pairs;
    const ofLabels = [platform, mood, country].map((pairs) => new LabelledPairs(pairs, labels));
    const columns = [facts.platform, facts.mood, facts.country];
    for (const play of plays) {
      if (leftOut.has(play)) continue;
      const index = facts.track[play] as number;
      const track = tracks[index] as SegmentContents["tracks"][number];
      let song = songs[index] as number;
      if (song === unnumbered) {
        song = this.#numberOf(track);
        songs[index] = song;
      }
      this.#plays += 1;
      if (track.genre !== "") genres.add(genres.values.numberOf(track.genre), song);
      for (let i = 0; i < columns.length; i++)
        (ofLabels[i] as LabelledPairs).add((columns[i] as Uint32Array)[play] as number, song);
    }
  }

  /** What `DimensionTops` adds. */
  byValue(dimension: Dimension): PlaysByValue {
    const { values } = this.#pairs[dimension];
    const counted = this.#pairs[dimension].counted();
    return new Map(
      counted.map(({ value, ...counts }) => [values.names[value] as string, this.#named(counts)]),
    );
  }

  #named(counts: Pick<ExactCounts<SongName>, "total" | "ids" | "counts">): ExactCounts<SongName> {
    return {
      ...counts,
      numberOf: (id) => this.#songs.find(id as TrackId),
      nameOf: (song) => ({ id: this.#songs.names[song] as TrackId, label: this.#names[song] as SongName }),
    };
  }

  #numberOf({ id, title, artist }: SegmentContents["tracks"][number]): number {
    const song = this.#songs.numberOf(id);
    this.#names[song] ??= { title, artist };
    return song;
  }
}

interface CountedValue {
  readonly value: number;
  readonly total: number;
  /** Songs, growing, ... */
  readonly ids: Uint32Array;
  /** ... and their plays, in the same order. */
  readonly counts: Uint32Array;
}

/** A pair is one number: its value times this, and its song. Both are below it, and pairs below 2^53. */
const songsPerValue = 2 ** 26;

/** Values of a dimension, and a pair of a value and a song for each play. */
class ValuePairs {
  readonly values = new Numbering<string>();
  #pairs = new Float64Array(1024);
  #size = 0;

  add(value: number, song: number): void {
    if (this.#size === this.#pairs.length) this.#pairs = grown(this.#pairs, 2 * this.#size);
    this.#pairs[this.#size++] = value * songsPerValue + song;
  }

  /** How often each pair came, value by value. */
  counted(): readonly CountedValue[] {
    const pairs = this.#pairs.subarray(0, this.#size).sort();
    const counted: CountedValue[] = [];
    for (let start = 0; start < pairs.length; ) {
      const value = Math.floor((pairs[start] as number) / songsPerValue);
      const end = firstAtLeast(pairs, (value + 1) * songsPerValue);
      counted.push({ value, total: end - start, ...countRuns(pairs.subarray(start, end), value) });
      start = end;
    }
    return counted;
  }
}

/** The pairs of a segment's labels, which are numbered when they first come. */
class LabelledPairs {
  readonly #pairs: ValuePairs;
  readonly #labels: readonly string[];
  readonly #values: Int32Array;

  constructor(pairs: ValuePairs, labels: readonly string[]) {
    this.#pairs = pairs;
    this.#labels = labels;
    this.#values = new Int32Array(labels.length).fill(unnumbered);
  }

  /** @param label index; that of the empty one is none */
  add(label: number, song: number): void {
    let value = this.#values[label] as number;
    if (value === unnumbered) {
      const name = this.#labels[label] as string;
      if (name === "") return;
      value = this.#pairs.values.numberOf(name);
      this.#values[label] = value;
    }
    this.#pairs.add(value, song);
  }
}

/** The first place in a sorted column with `least` or more. */
function firstAtLeast(sorted: Float64Array, least: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The songs of one value's pairs, which are sorted, and how often each stands there. */
function countRuns(pairs: Float64Array, value: number): Pick<CountedValue, "ids" | "counts"> {
  const ids = new Uint32Array(pairs.length);
  const counts = new Uint32Array(pairs.length);
  let runs = 0;
  for (let i = 0; i < pairs.length; i++) {
    if (i === 0 || pairs[i] !== pairs[i - 1]) ids[runs++] = (pairs[i] as number) - value * songsPerValue;
    counts[runs - 1] = (counts[runs - 1] as number) + 1;
  }
  return { ids: ids.subarray(0, runs), counts: counts.subarray(0, runs) };
}
