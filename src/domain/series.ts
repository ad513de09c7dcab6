import { DictionaryNumbers } from "./dictionary-numbers.ts";
import type { EpochNumber } from "./epoch.ts";
import {
  estimateDistinct,
  markOf,
  mergeRegisters,
  noRegisters,
  noteMark,
  type Registers,
} from "./hyper-log-log.ts";
import type { EpochMs, UserId } from "./play.ts";
import { factFlags, type SegmentContents } from "./segment.ts";
import { dayMs, minuteMs } from "./windows.ts";

/** What the plays that arrived in one minute add up to. */
export interface MinuteSums {
  /** All that are counted, unqualified ones included. */
  readonly plays: number;
  readonly unqualified: number;
  readonly completes: number;
  readonly skips: number;
  readonly listenedMs: number;
}

export interface Minute extends MinuteSums {
  /** When the minute starts. */
  readonly minute: EpochMs;
  /** Distinct listeners, estimated. */
  readonly listeners: number;
  /** What the estimate is made of, while the minute is one of the newest; later only the estimate stays. */
  readonly registers: Registers | undefined;
  /** The epoch that last changed it. */
  readonly epoch: EpochNumber;
}

/** How plays ended; each is one of the three, and one that is both counts as skipped. */
export interface Endings {
  readonly completed: number;
  readonly skipped: number;
  readonly neither: number;
}

/** How the plays of one UTC day ended, by arrival. */
export interface DayEndings extends Endings {
  /** When the day starts. */
  readonly day: EpochMs;
  /** The epoch that last changed it. */
  readonly epoch: EpochNumber;
}

/** The last hour minute by minute, and how the newest day's plays ended. */
export interface Series {
  /** Those with plays, oldest first. */
  readonly minutes: readonly Minute[];
  readonly day: DayEndings | undefined;
}

export const noSeries: Series = { minutes: [], day: undefined };

/** A minute stays until another is so much younger, ms. */
export const seriesLengthMs = 60 * minuteMs;
/** So long listeners are told apart, ms; a shard that lags more adds to the sums only. */
const openForMs = 5 * minuteMs;

/** A fold lets go of what is too old when it has more minutes than this. */
const mostMinutes = (2 * seriesLengthMs) / minuteMs;

/** Sums the facts of any number of segments by minute and day of arrival. Their order is immaterial. */
export class SeriesFold {
  /** Those of the newest hour, and some before it. */
  readonly #minutes = new Map<EpochMs, MinuteTally>();
  #newest = 0;
  readonly #days = new Map<EpochMs, EndingsTally>();
  readonly #marks = new DictionaryNumbers<UserId>(markOf);

  add({ facts: { user, arrivedAt: arrivals, flags, listenedMs }, users }: SegmentContents): void {
    const marks = this.#marks.of(users, user);
    let [last, minute, day]: [number, MinuteTally | undefined, EndingsTally | undefined] = [
      Number.NaN,
      undefined,
      undefined,
    ];
    for (let i = 0; i < user.length; i++) {
      const arrivedAt = arrivals[i] as number;
      if (arrivedAt !== last) {
        minute = this.#minuteAt(floorTo(arrivedAt, minuteMs));
        day = tallyOf(this.#days, floorTo(arrivedAt, dayMs), EndingsTally);
        last = arrivedAt;
      }
      minute?.add(marks[user[i] as number] as number, flags[i] as number, listenedMs[i] as number);
      day?.add(flags[i] as number);
    }
  }

  /** An epoch of a replay may go over years: what is too old by then is let go of on the way. */
  #minuteAt(minute: EpochMs): MinuteTally | undefined {
    if (minute <= this.#newest - seriesLengthMs) return undefined;
    this.#newest = Math.max(this.#newest, minute);
    const tally = tallyOf(this.#minutes, minute, MinuteTally);
    if (this.#minutes.size > mostMinutes)
      for (const at of this.#minutes.keys())
        if (at <= this.#newest - seriesLengthMs) this.#minutes.delete(at);
    return tally;
  }

  /** A series with these plays in it; the same one where there are none. @param epoch whose plays they are */
  addTo(series: Series, epoch: EpochNumber): Series {
    if (this.#minutes.size === 0) return series;
    const minutes = new Map(series.minutes.map((minute) => [minute.minute, minute]));
    for (const [at, tally] of this.#minutes) minutes.set(at, tally.addTo(minutes.get(at), at, epoch));
    return { minutes: keepNewest([...minutes.values()]), day: this.#addToDay(series.day, epoch) };
  }

  /** Plays of a day before the newest are late, and left out. */
  #addToDay(day: DayEndings | undefined, epoch: EpochNumber): DayEndings | undefined {
    const newest = Math.max(day?.day ?? 0, ...this.#days.keys()) as EpochMs;
    const added = this.#days.get(newest);
    if (added === undefined) return day;
    const before = day?.day === newest ? day : { completed: 0, skipped: 0, neither: 0 };
    return {
      day: newest,
      completed: before.completed + added.completed,
      skipped: before.skipped + added.skipped,
      neither: before.neither + added.neither,
      epoch,
    };
  }
}

function keepNewest(minutes: readonly Minute[]): readonly Minute[] {
  const newest = Math.max(...minutes.map(({ minute }) => minute));
  return minutes
    .filter(({ minute }) => minute > newest - seriesLengthMs)
    .map((each) => (each.minute > newest - openForMs ? each : { ...each, registers: undefined }))
    .sort((a, b) => a.minute - b.minute);
}

class MinuteTally implements MinuteSums {
  plays = 0;
  unqualified = 0;
  completes = 0;
  skips = 0;
  listenedMs = 0;
  readonly #registers = noRegisters();

  /** @param mark of the listener */
  add(mark: number, flags: number, listenedMs: number): void {
    this.plays += 1;
    if ((flags & factFlags.qualified) === 0) this.unqualified += 1;
    if ((flags & factFlags.completed) !== 0) this.completes += 1;
    if ((flags & factFlags.skipped) !== 0) this.skips += 1;
    this.listenedMs += listenedMs;
    noteMark(this.#registers, mark);
  }

  addTo(before: Minute | undefined, minute: EpochMs, epoch: EpochNumber): Minute {
    return {
      minute,
      plays: (before?.plays ?? 0) + this.plays,
      unqualified: (before?.unqualified ?? 0) + this.unqualified,
      completes: (before?.completes ?? 0) + this.completes,
      skips: (before?.skips ?? 0) + this.skips,
      listenedMs: (before?.listenedMs ?? 0) + this.listenedMs,
      ...this.#listeners(before),
      epoch,
    };
  }

  /** Of a minute that is closed nobody knows who was there: it keeps the larger estimate. */
  #listeners(before: Minute | undefined): Pick<Minute, "listeners" | "registers"> {
    if (before !== undefined && before.registers === undefined) {
      return {
        listeners: Math.max(before.listeners, estimateDistinct(this.#registers)),
        registers: undefined,
      };
    }
    const registers = mergeRegisters(before?.registers ?? noRegisters(), this.#registers);
    return { listeners: estimateDistinct(registers), registers };
  }
}

class EndingsTally implements Endings {
  completed = 0;
  skipped = 0;
  neither = 0;

  add(flags: number): void {
    if ((flags & factFlags.skipped) !== 0) this.skipped += 1;
    else if ((flags & factFlags.completed) !== 0) this.completed += 1;
    else this.neither += 1;
  }
}

function tallyOf<Tally>(tallies: Map<EpochMs, Tally>, at: EpochMs, Kind: new () => Tally): Tally {
  let tally = tallies.get(at);
  if (tally === undefined) {
    tally = new Kind();
    tallies.set(at, tally);
  }
  return tally;
}

const floorTo = (at: number, step: number): EpochMs => (Math.floor(at / step) * step) as EpochMs;
