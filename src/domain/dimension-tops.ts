import type { EpochMs } from "./play.ts";
import { factFlags, type SegmentContents } from "./segment.ts";
import { type ExactCounts, exactCounts, SpaceSaving, type SpaceSavingState } from "./space-saving.ts";
import { dayMs } from "./windows.ts";

/** How many values of a dimension have charts of songs: those with the most plays. */
export const monitoredValues = 40;
/** How many songs of each value are counted. */
export const monitoredSongs = 50;

export interface SongName {
  readonly title: string;
  readonly artist: string;
}

type SongCounts = SpaceSaving<SongName>;

/** The plays of one dimension, by value and song; a value is undefined where it has none. */
export type PlaysByValue = ReadonlyMap<string, ExactCounts<SongName>>;

/** What `DimensionTops` is made of. */
export interface DimensionTopsState {
  readonly values: SpaceSavingState<undefined>;
  /** By value: one for each that is monitored. */
  readonly songs: ReadonlyMap<string, SpaceSavingState<SongName>>;
}

/** What can be said of the songs of a value. */
export interface TopSongs extends SpaceSavingState<SongName> {
  /** Plays that were counted. */
  readonly total: number;
  /** No song's count is too large by more, and no song that is missing was played more often. */
  readonly floor: number;
}

const nothing: DimensionTopsState = { values: { total: 0, floor: 0, monitored: [] }, songs: new Map() };

/**
 * The songs of each value of a dimension with the most plays, by Space-Saving twice: values have counters, and songs have
 * some of each value. A value that gets its counter late starts its songs at a floor: what it may have been played before.
 */
export class DimensionTops {
  readonly #values: SpaceSaving<undefined>;
  readonly #songs = new Map<string, SongCounts>();

  constructor({ values, songs }: DimensionTopsState = nothing) {
    this.#values = new SpaceSaving(monitoredValues, values);
    for (const [value, state] of songs) this.#songs.set(value, new SpaceSaving(monitoredSongs, state));
  }

  add(plays: PlaysByValue): void {
    const came = new Map([...plays].map(([value, { total }]) => [value, total]));
    this.#values.addCounts(exactCounts(came, () => undefined));
    const { monitored } = this.#values.state();
    for (const { id: value, error: missed } of monitored) {
      const more = plays.get(value);
      if (more === undefined) continue;
      const songs =
        this.#songs.get(value) ??
        new SpaceSaving<SongName>(monitoredSongs, { total: 0, floor: missed, monitored: [] });
      songs.addCounts(more);
      this.#songs.set(value, songs);
    }
    const left = new Set(monitored.map(({ id }) => id));
    for (const value of this.#songs.keys()) if (!left.has(value)) this.#songs.delete(value);
  }

  /** The songs of a value, those with the most plays first. Of a value without a counter only the floor is known. */
  songsOf(value: string): TopSongs {
    const songs = this.#songs.get(value);
    return songs?.state() ?? { total: 0, floor: this.#values.floor, monitored: [] };
  }

  state(): DimensionTopsState {
    const songs = new Map([...this.#songs].map(([value, counts]) => [value, counts.state()]));
    return { values: this.#values.state(), songs };
  }
}

/** The indexes of the qualified plays that started on a day. @param dayStart epoch ms */
export function playsOfDay(
  { facts: { flags, startedAt: starts } }: Pick<SegmentContents, "facts">,
  dayStart: EpochMs,
): readonly number[] {
  const plays: number[] = [];
  for (let play = 0; play < flags.length; play++) {
    const startedAt = starts[play] as number;
    const isOfDay = startedAt >= dayStart && startedAt < dayStart + dayMs;
    if (isOfDay && ((flags[play] as number) & factFlags.qualified) !== 0) plays.push(play);
  }
  return plays;
}
