import type { ListenerSketch } from "./listener-sketch.ts";
import type { ArtistName, EpochMs } from "./play.ts";
import { compareUtf8 } from "./utf8-order.ts";
import type { WindowId } from "./windows.ts";

/** What a song is called: by its earliest play, then the smallest artist, then the smallest title (I7). */
export interface Label {
  readonly startedAt: EpochMs;
  readonly artist: ArtistName;
  /** Empty where the play carries no title; sorts first. */
  readonly title: string;
}

export interface WindowTotals {
  /** Qualified plays. */
  readonly plays: number;
  /** Listened time of all plays, ms. */
  readonly listenedMs: number;
}

/**
 * The totals of a song, an artist or a dimension value, and equally what some plays add to them. Adding is associative
 * and commutative: sums, minima and unions of sums or of sets. Unqualified plays are in all fields but `plays`,
 * `firstPlayedAt`, decay scores and listeners.
 */
export interface Totals {
  /** Qualified plays. */
  readonly plays: number;
  readonly unqualified: number;
  readonly listenedMs: number;
  readonly completes: number;
  readonly skips: number;
  /** Hundredths of a star, so that sums are exact. */
  readonly ratingSum: number;
  readonly ratingCount: number;
  /**
   * Songs only: how many plays, unqualified ones included, ended at which tenth of the track, 0 to 10, of those where that
   * is known. Empty where there is none.
   */
  readonly tenths: readonly number[];
  /** The start of the earliest qualified play. */
  readonly firstPlayedAt: EpochMs | undefined;
  /** Songs only. */
  readonly label: Label | undefined;
  readonly windows: ReadonlyMap<WindowId, WindowTotals>;
  /** Forward-decay scores by landmark; integers that outgrow 2^53. */
  readonly decays: ReadonlyMap<WindowId, bigint>;
  /** Songs and artists only: who played them, by instance of `rising` that was not over when they were counted. */
  readonly listeners: ReadonlyMap<WindowId, ListenerSketch>;
}

/** Plays by whether they can be charted. */
export type PlayCounts = Pick<Totals, "plays" | "unqualified">;

export const noTotals: Totals = {
  plays: 0,
  unqualified: 0,
  listenedMs: 0,
  completes: 0,
  skips: 0,
  ratingSum: 0,
  ratingCount: 0,
  tenths: [],
  firstPlayedAt: undefined,
  label: undefined,
  windows: new Map(),
  decays: new Map(),
  listeners: new Map(),
};

export function addTotals(a: Totals, b: Totals): Totals {
  if (a === noTotals) return b; // most counters of a file are new
  return {
    ...addPlain(a, b),
    windows: union(a.windows, b.windows, addShares),
    decays: union(a.decays, b.decays, addScores),
    listeners: union(a.listeners, b.listeners, joinSketches),
  };
}

/** Totals whose maps nobody else holds. */
export interface OwnTotals extends Totals {
  readonly windows: Map<WindowId, WindowTotals>;
  readonly decays: Map<WindowId, bigint>;
  readonly listeners: Map<WindowId, ListenerSketch>;
}

/** `addTotals` that adds to the maps of `a`: to copy them took a sixth of what an epoch's counters take (ADR 27). */
export function addToOwn(a: OwnTotals, b: Totals): Totals {
  return {
    ...addPlain(a, b),
    windows: addInto(a.windows, b.windows, addShares),
    decays: addInto(a.decays, b.decays, addScores),
    listeners: addInto(a.listeners, b.listeners, joinSketches),
  };
}

function addPlain(a: Totals, b: Totals): Omit<Totals, "windows" | "decays" | "listeners"> {
  return {
    plays: a.plays + b.plays,
    unqualified: a.unqualified + b.unqualified,
    listenedMs: a.listenedMs + b.listenedMs,
    completes: a.completes + b.completes,
    skips: a.skips + b.skips,
    ratingSum: a.ratingSum + b.ratingSum,
    ratingCount: a.ratingCount + b.ratingCount,
    tenths: addTenths(a.tenths, b.tenths),
    firstPlayedAt: earliest(a.firstPlayedAt, b.firstPlayedAt),
    label: firstLabel(a.label, b.label),
  };
}

const addShares = (a: WindowTotals, b: WindowTotals): WindowTotals => ({
  plays: a.plays + b.plays,
  listenedMs: a.listenedMs + b.listenedMs,
});
const addScores = (a: bigint, b: bigint): bigint => a + b;
const joinSketches = (a: ListenerSketch, b: ListenerSketch): ListenerSketch => a | b;

function addTenths(a: readonly number[], b: readonly number[]): readonly number[] {
  if (b.length === 0) return a;
  return a.length === 0 ? b : a.map((count, tenth) => count + (b[tenth] ?? 0));
}

export function earliest(a: EpochMs | undefined, b: EpochMs | undefined): EpochMs | undefined {
  if (a === undefined) return b;
  return b === undefined || a <= b ? a : b;
}

export function firstLabel(a: Label | undefined, b: Label | undefined): Label | undefined {
  if (a === undefined) return b;
  return b === undefined || compareLabels(a, b) <= 0 ? a : b;
}

export function compareLabels(a: Label, b: Label): number {
  return a.startedAt - b.startedAt || compareUtf8(a.artist, b.artist) || compareUtf8(a.title, b.title);
}

function union<K, V>(a: ReadonlyMap<K, V>, b: ReadonlyMap<K, V>, add: (x: V, y: V) => V): ReadonlyMap<K, V> {
  if (b.size === 0) return a;
  return a.size === 0 ? b : addInto(new Map(a), b, add);
}

function addInto<K, V>(to: Map<K, V>, b: ReadonlyMap<K, V>, add: (x: V, y: V) => V): Map<K, V> {
  for (const [key, value] of b) {
    const mine = to.get(key);
    to.set(key, mine === undefined ? value : add(mine, value));
  }
  return to;
}
