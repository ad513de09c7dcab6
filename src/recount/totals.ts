import type { ReadPlay } from "./read-play.ts";
import { compareTexts } from "./text.ts";
import { sharesOf } from "./windows.ts";

/** What a song is called, and since which play. */
export interface RecountedLabel {
  /** Epoch ms. */
  readonly at: number;
  readonly artist: string;
  readonly title: string;
}

/** What a counter should hold. */
export interface RecountedTotals {
  plays: number;
  unqualified: number;
  listenedMs: number;
  completes: number;
  skips: number;
  ratingSum: number;
  ratingCount: number;
  /** Songs only: plays by the tenth of the track at which they ended, eleven counts; empty where no such play is known. */
  tenths: number[];
  /** Epoch ms. */
  firstPlayedAt: number | undefined;
  /** Songs only. */
  label: RecountedLabel | undefined;
  readonly windows: Map<string, { plays: number; listenedMs: number }>;
  readonly decays: Map<string, bigint>;
}

const sums = [
  "plays",
  "unqualified",
  "listenedMs",
  "completes",
  "skips",
  "ratingSum",
  "ratingCount",
] as const;

export const emptyTotals = (): RecountedTotals => ({
  ...{ plays: 0, unqualified: 0, listenedMs: 0, completes: 0, skips: 0, ratingSum: 0, ratingCount: 0 },
  ...{ firstPlayedAt: undefined, label: undefined, tenths: [], windows: new Map(), decays: new Map() },
});

/** @param arrivedAt epoch ms: it decides which windows take the play */
export function addPlay(totals: RecountedTotals, play: ReadPlay, arrivedAt: number): void {
  const { qualified, rating } = play;
  if (qualified) totals.plays += 1;
  else totals.unqualified += 1;
  totals.listenedMs += play.listenedMs;
  if (play.completed) totals.completes += 1;
  if (play.skipped) totals.skips += 1;
  if (rating !== undefined) {
    totals.ratingSum += rating;
    totals.ratingCount += 1;
  }
  if (qualified) totals.firstPlayedAt = Math.min(totals.firstPlayedAt ?? play.startedAt, play.startedAt);
  for (const { id, weight, closesAt } of sharesOf(play.startedAt)) {
    if (arrivedAt >= closesAt) continue;
    if (weight === undefined) addToWindow(totals, id, play);
    else if (qualified) totals.decays.set(id, (totals.decays.get(id) ?? 0n) + weight);
  }
}

function addToWindow({ windows }: RecountedTotals, id: string, { qualified, listenedMs }: ReadPlay): void {
  let window = windows.get(id);
  if (window === undefined) {
    window = { plays: 0, listenedMs: 0 };
    windows.set(id, window);
  }
  window.listenedMs += listenedMs;
  if (qualified) window.plays += 1;
}

/** Notes how much of the song was heard, where that is known. */
export function addTenth(totals: RecountedTotals, { tenth }: ReadPlay): void {
  if (tenth === undefined) return;
  while (totals.tenths.length < 11) totals.tenths.push(0);
  totals.tenths[tenth] = (totals.tenths[tenth] ?? 0) + 1;
}

/** A song is called what its earliest play calls it, then the smallest artist, then the smallest title. */
export function addLabel(totals: RecountedTotals, { startedAt: at, artist, title }: ReadPlay): void {
  const { label } = totals;
  if (label !== undefined) {
    const order = label.at - at || compareTexts(label.artist, artist) || compareTexts(label.title, title);
    if (order <= 0) return;
  }
  totals.label = { at, artist, title };
}

/** What all songs add up to, without windows and names. */
export function sumOf(songs: Iterable<RecountedTotals>): RecountedTotals {
  const all = emptyTotals();
  for (const totals of songs) {
    for (const field of sums) all[field] += totals[field];
    const { firstPlayedAt } = totals;
    if (firstPlayedAt !== undefined)
      all.firstPlayedAt = Math.min(all.firstPlayedAt ?? firstPlayedAt, firstPlayedAt);
  }
  return all;
}
