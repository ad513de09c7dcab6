import type { CutOffs } from "./erasures.ts";
import type { WirePlay } from "./records.ts";
import type { SimulatedShard } from "./simulated-stream.ts";

/**
 * What everything should come to, from what was put into the stream, with the plainest code there is. It shares nothing with
 * the pipeline, so that both cannot be wrong in the same way.
 */
export interface Expected {
  /** By shard. */
  readonly heads: Record<string, Counts>;
  /** By key. */
  readonly counters: Record<string, ExpectedTotals>;
  /** By listener. */
  readonly profiles: Record<string, ExpectedProfile>;
  readonly rejects: readonly ExpectedReject[];
  /** Counted plays by song, and how often each would be counted if a producer's retry were a play of its own. */
  readonly plays: Record<string, number>;
  readonly arrivals: Record<string, number>;
  readonly duplicates: number;
  /** Plays without a mark whose id counted before, too long ago to be duplicates. */
  readonly lateRepeats: number;
  /** Marked plays that do not count, because a marked play with their id did. */
  readonly repeats: number;
  /** Marked plays that count although a play without a mark did, too long ago to be a duplicate. */
  readonly markedLater: number;
  /** Plays of forgotten listeners that count because they came later. */
  readonly playedOn: number;
  /** Plays that shards have counted and that are in no total, because their listeners are forgotten. */
  readonly forgotten: number;
  /** Those of their rejects and ids. */
  readonly gone: Gone;
  /** The windows of all plays that ever counted. */
  readonly windows: ReadonlySet<string>;
  /** By the minute in which the counted plays arrived. */
  readonly minutes: Record<number, ExpectedMinute>;
}

export interface ExpectedMinute {
  plays: number;
  unqualified: number;
  completes: number;
  skips: number;
  listenedMs: number;
  /** Completed and not skipped. */
  onlyCompleted: number;
}

/** What may be found nowhere. */
export interface Gone {
  readonly rejects: readonly Pick<ExpectedReject, "shard" | "sequenceNumber" | "entry">[];
  readonly ids: ReadonlySet<string>;
}

export interface Counts {
  plays: number;
  unqualified: number;
  duplicates: number;
  rejects: number;
}

export interface ExpectedTotals {
  plays: number;
  unqualified: number;
  listenedMs: number;
  completes: number;
  skips: number;
  ratingSum: number;
  ratingCount: number;
  /** Of songs. */
  tenths: number[];
  first: number | undefined;
  label: { readonly at: number; readonly artist: string; readonly title: string } | undefined;
  /** By window. */
  readonly windows: Record<string, { plays: number; listenedMs: number }>;
  readonly decays: Record<string, bigint>;
}

export interface ExpectedProfile {
  plays: number;
  unqualified: number;
  listenedMs: number;
  completes: number;
  skips: number;
  first: number;
  readonly artists: Record<string, { plays: number; first: number }>;
  readonly heard: Set<string>;
  readonly recent: RecentPlay[];
}

export interface RecentPlay {
  readonly trackId: string;
  readonly artist: string;
  readonly title: string;
  readonly startedAt: number;
  readonly listenedMs: number;
  readonly flags: number;
}

export interface ExpectedReject {
  readonly shard: string;
  readonly sequenceNumber: string;
  readonly entry: number;
  readonly reason: string;
  readonly raw: Uint8Array;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const chunkBytes = 10 * 1024;

export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/**
 * @param horizonMs how far apart two arrivals of one play are at most
 * @param cutOffs up to where forgotten listeners never were
 */
export function recountEverything(
  shards: readonly SimulatedShard[],
  horizonMs: number,
  cutOffs: CutOffs = new Map(),
): Expected {
  const recount = new Recount(horizonMs, cutOffs);
  for (const shard of shards) recount.addShard(shard);
  return recount.finish();
}

/** What a play says, in plain figures. */
interface Judged {
  readonly play: WirePlay;
  readonly at: number;
  readonly arrivedAt: number;
  readonly listenedMs: number;
  readonly qualified: boolean;
  readonly completed: boolean;
  readonly skipped: boolean;
  /** Whether its listener is forgotten up to here. */
  readonly isForgotten: boolean;
}

function judge(play: WirePlay, arrivedAt: number, isForgotten: boolean): Judged {
  const duration = play.track.duration_ms;
  const share =
    play.ms_played === undefined || duration === undefined ? undefined : play.ms_played / duration;
  return {
    play,
    arrivedAt,
    isForgotten,
    at: typeof play.started_at === "number" ? play.started_at : Date.parse(play.started_at),
    listenedMs: play.ms_played ?? duration ?? 0,
    qualified: play.ms_played === undefined || play.ms_played >= 30_000,
    completed: share === undefined ? play.end_reason === "done" : share >= 0.8,
    skipped: play.end_reason === "skip" || (share !== undefined && share < 0.8),
  };
}

class Recount {
  readonly #horizonMs: number;
  readonly #heads: Record<string, Counts> = {};
  readonly #counters: Record<string, ExpectedTotals> = {};
  readonly #profiles: Record<string, ExpectedProfile> = {};
  readonly #rejects: ExpectedReject[] = [];
  readonly #plays: Record<string, number> = {};
  readonly #arrivals: Record<string, number> = {};
  /** When each play arrived last. */
  readonly #seen = new Map<string, number>();
  /** Up to when each shard is: its clock never goes back. */
  readonly #newest = new Map<string, number>();
  /** The ids of marked plays that counted. */
  readonly #claimed = new Set<string>();
  readonly #cutOffs: CutOffs;
  readonly #goneRejects: Gone["rejects"][number][] = [];
  readonly #goneIds = new Set<string>();
  readonly #countedAgain = new Set<string>();
  readonly #windows = new Set<string>();
  readonly #minutes: Record<number, ExpectedMinute> = {};
  #playedOn = 0;
  #forgotten = 0;
  #duplicates = 0;
  #lateRepeats = 0;
  #repeats = 0;
  #markedLater = 0;

  constructor(horizonMs: number, cutOffs: CutOffs) {
    this.#horizonMs = horizonMs;
    this.#cutOffs = cutOffs;
  }

  /** Parents come before their children. */
  addShard({ key, records, parents }: SimulatedShard): void {
    let newest = Math.max(0, ...parents.map((parent) => this.#newest.get(parent.key) ?? 0));
    const counts: Counts = { plays: 0, unqualified: 0, duplicates: 0, rejects: 0 };
    for (const { sequenceNumber, arrivedAt, entries } of records) {
      newest = Math.max(newest, arrivedAt);
      let index = 0;
      for (const entry of entries) {
        if (entry.kind === "play") {
          const isForgotten = this.#isForgotten(entry.play.user_id, key, sequenceNumber, index);
          this.#addArrival(entry.id, judge(entry.play, newest, isForgotten), counts);
          index += 1;
        } else {
          counts.rejects += 1;
          const { reason, raw } = entry;
          this.#rejects.push({ shard: key, sequenceNumber, entry: index, reason, raw });
          const listener = listenerIn(raw);
          if (listener !== undefined && this.#isForgotten(listener, key, sequenceNumber, index))
            this.#goneRejects.push({ shard: key, sequenceNumber, entry: index });
          index += Math.max(1, Math.ceil(raw.length / chunkBytes));
        }
      }
    }
    this.#newest.set(key, newest);
    if (records.length > 0) this.#heads[key] = counts;
  }

  finish(): Expected {
    const all = emptyTotals();
    for (const [key, totals] of Object.entries(this.#counters)) {
      if (!key.startsWith("SONG#")) continue;
      for (const field of sums) all[field] += totals[field];
      all.first = least(all.first, totals.first);
    }
    return {
      heads: this.#heads,
      counters: this.#seen.size === 0 ? {} : { ...this.#counters, ALL: all },
      profiles: this.#profiles,
      rejects: this.#rejects,
      plays: this.#plays,
      arrivals: this.#arrivals,
      duplicates: this.#duplicates,
      lateRepeats: this.#lateRepeats,
      repeats: this.#repeats,
      markedLater: this.#markedLater,
      playedOn: this.#playedOn,
      forgotten: this.#forgotten,
      gone: {
        rejects: this.#goneRejects,
        ids: new Set([...this.#goneIds].filter((id) => !this.#countedAgain.has(id))),
      },
      windows: this.#windows,
      minutes: this.#minutes,
    };
  }

  #isForgotten(listener: string, shard: string, sequenceNumber: string, entry: number): boolean {
    const cutOff = this.#cutOffs.get(listener)?.get(shard);
    if (cutOff === undefined || BigInt(sequenceNumber) > cutOff.sequenceNumber) return false;
    return BigInt(sequenceNumber) < cutOff.sequenceNumber || entry < cutOff.entries;
  }

  #addArrival(id: string, judged: Judged, counts: Counts): void {
    const song = judged.play.track.id;
    if (judged.qualified) this.#arrivals[song] = (this.#arrivals[song] ?? 0) + 1;
    const before = this.#seen.get(id);
    this.#seen.set(id, judged.arrivedAt);
    if (judged.isForgotten) this.#goneIds.add(id);
    if (before !== undefined && judged.arrivedAt - before <= this.#horizonMs) {
      counts.duplicates += 1;
      this.#duplicates += 1;
      return;
    }
    counts.plays += 1;
    if (!judged.qualified) counts.unqualified += 1;
    if (judged.isForgotten) this.#addForgotten(id, judged);
    else if (judged.play.dedupe === "always" && this.#claimed.has(id)) this.#addRepeat(judged);
    else this.#addCounted(id, judged, before !== undefined);
  }

  #addForgotten(id: string, judged: Judged): void {
    if (judged.play.dedupe === "always") this.#claimed.add(id);
    this.#forgotten += 1;
    this.#leaveOut("FORGOTTEN", judged);
    this.#noteWindows(judged);
  }

  #addRepeat(judged: Judged): void {
    this.#repeats += 1;
    this.#leaveOut("REPEATED", judged);
  }

  /** @param isAgain whether a play with its id has counted, too long ago to make it a duplicate */
  #addCounted(id: string, judged: Judged, isAgain: boolean): void {
    const song = judged.play.track.id;
    if (judged.play.dedupe === "always") {
      this.#claimed.add(id);
      if (isAgain) this.#markedLater += 1;
    } else if (isAgain) {
      this.#lateRepeats += 1;
    }
    if (this.#cutOffs.has(judged.play.user_id)) this.#playedOn += 1;
    this.#countedAgain.add(id);
    if (judged.qualified) this.#plays[song] = (this.#plays[song] ?? 0) + 1;
    this.#addPlay(judged);
  }

  /** Counts a play that shards count and that is in no total, but in one that says why. */
  #leaveOut(key: "REPEATED" | "FORGOTTEN", { qualified }: Judged): void {
    const totals = this.#counters[key] ?? emptyTotals();
    this.#counters[key] = totals;
    if (qualified) totals.plays += 1;
    else totals.unqualified += 1;
  }

  #noteWindows({ at, arrivedAt }: Judged): void {
    for (const { id } of [...calendarWindows(at), ...decays(at, arrivedAt)]) this.#windows.add(id);
  }

  #addPlay(judged: Judged): void {
    this.#noteWindows(judged);
    this.#addToMinute(judged);
    const { play, at } = judged;
    const { track } = play;
    const label = { at, artist: track.artist, title: track.title ?? "" };
    this.#addTo(`SONG#${track.id}`, judged, label);
    this.#addTo(`ARTIST#${track.artist}`, judged);
    if (track.genre !== undefined) this.#addTo(`DIM#genre#${track.genre}`, judged);
    if (play.platform !== undefined) this.#addTo(`DIM#platform#${play.platform}`, judged);
    if (play.mood !== undefined) this.#addTo(`DIM#mood#${play.mood}`, judged);
    if (play.geo !== undefined) this.#addTo(`DIM#country#${play.geo.country}`, judged);
    this.#addToProfile(judged);
  }

  #addToMinute({ arrivedAt, qualified, completed, skipped, listenedMs }: Judged): void {
    const at = arrivedAt - (arrivedAt % 60_000);
    const minute = this.#minutes[at] ?? emptyMinute();
    this.#minutes[at] = minute;
    minute.plays += 1;
    if (!qualified) minute.unqualified += 1;
    if (completed) minute.completes += 1;
    if (skipped) minute.skips += 1;
    else if (completed) minute.onlyCompleted += 1;
    minute.listenedMs += listenedMs;
  }

  #addTo(key: string, judged: Judged, label?: ExpectedTotals["label"]): void {
    const { play, qualified } = judged;
    const totals = this.#counters[key] ?? emptyTotals();
    this.#counters[key] = totals;
    totals.listenedMs += judged.listenedMs;
    if (qualified) totals.plays += 1;
    else totals.unqualified += 1;
    if (judged.completed) totals.completes += 1;
    if (judged.skipped) totals.skips += 1;
    if (play.rating !== undefined) {
      totals.ratingSum += Math.round(play.rating * 100);
      totals.ratingCount += 1;
    }
    if (qualified) totals.first = least(totals.first, judged.at);
    if (label !== undefined && (totals.label === undefined || compareLabels(label, totals.label) < 0))
      totals.label = label;
    if (key.startsWith("SONG#")) addTenth(totals, judged);
    addToWindows(totals, judged);
  }

  #addToProfile(judged: Judged): void {
    const { play, at, qualified, listenedMs } = judged;
    const { id, artist, title = "" } = play.track;
    const profile = this.#profiles[play.user_id] ?? emptyProfile(at);
    this.#profiles[play.user_id] = profile;
    profile.listenedMs += listenedMs;
    profile.first = Math.min(profile.first, at);
    if (judged.completed) profile.completes += 1;
    if (judged.skipped) profile.skips += 1;
    profile.heard.add(id);
    const flags = (qualified ? 1 : 0) + (judged.completed ? 2 : 0) + (judged.skipped ? 4 : 0);
    profile.recent.push({ trackId: id, artist, title, startedAt: at, listenedMs, flags });
    if (!qualified) {
      profile.unqualified += 1;
      return;
    }
    profile.plays += 1;
    const favourite = profile.artists[artist] ?? { plays: 0, first: at };
    profile.artists[artist] = favourite;
    favourite.plays += 1;
    favourite.first = Math.min(favourite.first, at);
  }
}

/** The listener whom a record that is no play names. */
function listenerIn(raw: Uint8Array): string | undefined {
  try {
    return JSON.parse(Buffer.from(raw).toString("utf8")).user_id ?? undefined;
  } catch {
    return undefined;
  }
}

function addTenth(totals: ExpectedTotals, { play }: Judged): void {
  const { ms_played: heard, track } = play;
  if (heard === undefined || track.duration_ms === undefined) return;
  if (totals.tenths.length === 0) totals.tenths = Array(11).fill(0);
  const tenth = heard >= track.duration_ms ? 10 : Math.trunc((heard * 10) / track.duration_ms);
  totals.tenths[tenth] = (totals.tenths[tenth] ?? 0) + 1;
}

function addToWindows(totals: ExpectedTotals, { at, arrivedAt, listenedMs, qualified }: Judged): void {
  for (const { id } of calendarWindows(at).filter(({ closesAt }) => arrivedAt < closesAt)) {
    const window = totals.windows[id] ?? { plays: 0, listenedMs: 0 };
    totals.windows[id] = window;
    window.listenedMs += listenedMs;
    if (qualified) window.plays += 1;
  }
  if (!qualified) return;
  for (const { id, weight } of decays(at, arrivedAt)) totals.decays[id] = (totals.decays[id] ?? 0n) + weight;
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

const emptyTotals = (): ExpectedTotals => ({
  ...{ plays: 0, unqualified: 0, listenedMs: 0, completes: 0, skips: 0, ratingSum: 0, ratingCount: 0 },
  ...{ tenths: [], first: undefined, label: undefined, windows: {}, decays: {} },
});

const emptyMinute = (): ExpectedMinute => ({
  ...{ plays: 0, unqualified: 0, completes: 0, skips: 0, listenedMs: 0, onlyCompleted: 0 },
});

const emptyProfile = (first: number): ExpectedProfile => ({
  ...{ plays: 0, unqualified: 0, listenedMs: 0, completes: 0, skips: 0 },
  ...{ first, artists: {}, heard: new Set(), recent: [] },
});

const least = (a: number | undefined, b: number | undefined): number | undefined => {
  const both = [a, b].filter((each) => each !== undefined);
  return both.length === 0 ? undefined : Math.min(...both);
};

type Label = NonNullable<ExpectedTotals["label"]>;
const compareLabels = (a: Label, b: Label): number =>
  a.at - b.at || byBytes(a.artist, b.artist) || byBytes(a.title, b.title);

interface CalendarWindow {
  readonly id: string;
  /** From then on no play enters, by arrival, epoch ms. */
  readonly closesAt: number;
}

function calendarWindows(at: number): readonly CalendarWindow[] {
  const hour = Math.floor(at / hourMs) * hourMs;
  const day = Math.floor(at / dayMs) * dayMs;
  const monday = mondayOf(at);
  return [
    { id: `h.${digits(hour).slice(0, 10)}`, closesAt: hour + hourMs + 48 * hourMs },
    { id: `d.${digits(day).slice(0, 8)}`, closesAt: day + dayMs + 8 * dayMs },
    { id: `w.${weekOf(monday)}`, closesAt: monday + 7 * dayMs + 35 * dayMs },
  ];
}

/** When a window's totals may be dropped, epoch ms. */
export function dropAt(id: string): number {
  const [kind, rest = ""] = id.split(".");
  if (kind === "w") {
    const [year = "", week = ""] = rest.split("W");
    return mondayOf(Date.UTC(Number(year), 0, 4)) + Number(week) * 7 * dayMs + 70 * dayMs;
  }
  const [year, month, day, hour] = [rest.slice(0, 4), rest.slice(4, 6), rest.slice(6, 8), rest.slice(8)];
  const start = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour || 0));
  if (kind === "h") return start + hourMs + 96 * hourMs;
  if (kind === "d") return start + dayMs + 16 * dayMs;
  return start + (kind === "x" ? dayMs : 24 * dayMs) + hourMs;
}

/** `20261120140000000` of a time. */
const digits = (at: number): string => new Date(at).toISOString().replaceAll(/\D/g, "");

/** The Monday 00:00 UTC of a time's week. */
function mondayOf(at: number): number {
  const midnight = Math.floor(at / dayMs) * dayMs;
  return midnight - ((new Date(midnight).getUTCDay() + 6) % 7) * dayMs;
}

/** `2026W47`: the week with the year's first Thursday is the first. */
function weekOf(monday: number): string {
  const thursday = new Date(monday + 3 * dayMs);
  const year = thursday.getUTCFullYear();
  const week = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * dayMs)) + 1;
  return `${year}W${String(week).padStart(2, "0")}`;
}

interface DecayingPlay {
  readonly id: string;
  readonly weight: bigint;
}

const decays = (at: number, arrivedAt: number): readonly DecayingPlay[] => [
  ...decaysOf("x", dayMs, 60, at, arrivedAt),
  ...decaysOf("y", 24 * dayMs, 24 * 60, at, arrivedAt),
];

/** The weight of a play in each list of a kind that it enters: it doubles every `doubling` minutes from the list's start on. */
function decaysOf(
  kind: string,
  lengthMs: number,
  doubling: number,
  at: number,
  arrivedAt: number,
): readonly DecayingPlay[] {
  const current = Math.floor(at / lengthMs) * lengthMs;
  return [current - lengthMs, current, current + lengthMs].flatMap((start) => {
    const minutes = Math.floor((at - start) / minuteMs);
    const doubled = Math.floor(minutes / doubling);
    const weight = Math.floor(2 ** ((minutes - doubled * doubling) / doubling) * 2 ** (16 + doubled));
    const isIn = weight > 0 && at < start + lengthMs + hourMs && arrivedAt < start + lengthMs;
    return isIn ? [{ id: `${kind}.${digits(start).slice(0, 8)}`, weight: BigInt(weight) }] : [];
  });
}
