import type { EpochNumber } from "./epoch.ts";
import type { ArtistName, TrackId } from "./play.ts";
import type { Totals } from "./totals.ts";

/** The dimensions that are counted. */
export const dimensions = ["genre", "platform", "mood", "country"] as const;
export type Dimension = (typeof dimensions)[number];

/**
 * `SONG#<id>`, `ARTIST#<name>`, `DIM#<dimension>#<value>`, or `ALL` for what all songs add up to. Plays that are in
 * segments and not counted are in `REPEATED`, because another play claimed their id first (I3), or in `FORGOTTEN`, because
 * their listener was.
 */
export type CounterKey = string & { readonly __brand: "CounterKey" };

export const allSongsKey = "ALL" as CounterKey;
export const repeatedKey = "REPEATED" as CounterKey;
export const forgottenKey = "FORGOTTEN" as CounterKey;
export const songPrefix = "SONG#";
export const artistPrefix = "ARTIST#";
export const songKey = (id: TrackId): CounterKey => `${songPrefix}${id}` as CounterKey;
export const artistKey = (name: ArtistName): CounterKey => `${artistPrefix}${name}` as CounterKey;
/** What the keys of a dimension's counters start with. */
export const dimensionPrefix = (dimension: Dimension): string => `DIM#${dimension}#`;
export const dimensionKey = (dimension: Dimension, value: string): CounterKey =>
  `${dimensionPrefix(dimension)}${value}` as CounterKey;

/** What one epoch adds to one counter. */
export interface CounterDelta {
  readonly key: CounterKey;
  readonly totals: Totals;
}

/** A running total with its guard: the last epoch that is in it (I5). */
export interface Counter {
  readonly key: CounterKey;
  readonly epoch: EpochNumber;
  readonly totals: Totals;
}
