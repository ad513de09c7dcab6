import type { Dimension } from "./counter.ts";
import { type PlaysByValue, playsOfDay, type SongName } from "./dimension-tops.ts";
import { Numbering } from "./numbering.ts";
import type { EpochMs, TrackId } from "./play.ts";
import type { SegmentContents } from "./segment.ts";
import { SpaceSaving } from "./space-saving.ts";

const unnumbered = -1;

/**
 * Counts the qualified plays of a day by dimension, value and song, exactly. Songs are numbers inside, and many segments are one
 * fold: counters by name for each segment, each merged, were a tenth of the stages' CPU in a large epoch (ADR 27).
 */
export class PlaysByValueFold {
  readonly #dayStart: EpochMs;
  readonly #songs = new Numbering<TrackId>();
  /** By song: what it was called first. */
  readonly #names: SongName[] = [];
  readonly #counts: Readonly<Record<Dimension, ValueCounts>> = {
    genre: new ValueCounts(),
    platform: new ValueCounts(),
    mood: new ValueCounts(),
    country: new ValueCounts(),
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
  add({ facts, tracks, labels }: SegmentContents, leftOut: ReadonlySet<number>): void {
    const numbers = new Int32Array(tracks.length).fill(unnumbered);
    const { genre: genres, platform, mood, country } = this.#counts;
    for (const play of playsOfDay({ facts }, this.#dayStart)) {
      if (leftOut.has(play)) continue;
      const index = facts.track[play] as number;
      const track = tracks[index] as SegmentContents["tracks"][number];
      let song = numbers[index] as number;
      if (song === unnumbered) {
        song = this.#numberOf(track);
        numbers[index] = song;
      }
      this.#plays += 1;
      genres.add(track.genre, song);
      platform.add(labels[facts.platform[play] as number] as string, song);
      mood.add(labels[facts.mood[play] as number] as string, song);
      country.add(labels[facts.country[play] as number] as string, song);
    }
  }

  /** What `DimensionTops` adds. */
  byValue(dimension: Dimension): PlaysByValue {
    const byValue = new Map<string, SpaceSaving<SongName>>();
    for (const [value, songs] of this.#counts[dimension].songs) {
      const counts = new SpaceSaving<SongName>(songs.size); // as many as there are: it loses none
      for (const [song, count] of songs)
        counts.add(this.#songs.names[song] as TrackId, count, this.#names[song] as SongName);
      byValue.set(value, counts);
    }
    return byValue;
  }

  #numberOf({ id, title, artist }: SegmentContents["tracks"][number]): number {
    const song = this.#songs.numberOf(id);
    this.#names[song] ??= { title, artist };
    return song;
  }
}

class ValueCounts {
  readonly songs = new Map<string, Map<number, number>>();

  /** @param value empty for none */
  add(value: string, song: number): void {
    if (value === "") return;
    let songs = this.songs.get(value);
    if (songs === undefined) {
      songs = new Map();
      this.songs.set(value, songs);
    }
    songs.set(song, (songs.get(song) ?? 0) + 1);
  }
}
