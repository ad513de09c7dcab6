import { type DecayWindow, decayWeight, decayWindows, landmarkAt, landmarkMs } from "./decay.ts";
import type { EpochMs } from "./play.ts";

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
export const weekMs = 7 * dayMs;

/**
 * The windows a chart can be asked for: `hot` and `hot24` decay, `rising` holds this hour against the day before it, the
 * others are calendar windows in UTC, and `all`.
 */
export const chartWindows = ["hot", "hot24", "rising", "hour", "day", "week", "all"] as const;
export type ChartWindow = (typeof chartWindows)[number];

/**
 * One instance of a window: `h.2026112014`, `d.20261120`, `w.2026W47` (ISO week), `x.20261120` and
 * `y.20261103` (decay landmarks of `hot` and `hot24`), `r.2026112014` (an hour of `rising`), `all`. It names an attribute of a counter and a chart.
 */
export type WindowId = string & { readonly __brand: "WindowId" };

export const allTime = "all" as WindowId;

interface WindowRule {
  readonly prefix: string;
  /** A play enters the window if it arrives before the window's end plus this, ms. */
  readonly graceMs: number;
  /** The window's totals are dropped this long after its end, ms. */
  readonly keepMs: number;
}

/**
 * A decay landmark moves every 24 half-lives; nobody asks for an old one, so it closes when it ends and soon goes. Of
 * `rising` a counter keeps the hour's listeners, which nobody asks for once the hour is over.
 */
const rules = {
  hour: { prefix: "h", graceMs: 48 * hourMs, keepMs: 96 * hourMs },
  day: { prefix: "d", graceMs: 8 * dayMs, keepMs: 16 * dayMs },
  week: { prefix: "w", graceMs: 5 * weekMs, keepMs: 10 * weekMs },
  hot: { prefix: "x", graceMs: 0, keepMs: hourMs },
  hot24: { prefix: "y", graceMs: 0, keepMs: hourMs },
  rising: { prefix: "r", graceMs: 0, keepMs: 0 },
} as const satisfies Record<string, WindowRule>;

/** The windows that have instances. */
export type WindowKind = keyof typeof rules;
const windowKinds = Object.keys(rules) as WindowKind[];

/** So long after its start a play finds every window closed: the last to go is the next landmark of `hot24`. ms */
export const closedAfterMs = Math.max(weekMs + rules.week.graceMs, 2 * landmarkMs("hot24"));

/** What one play adds to one window. */
export interface WindowShare {
  readonly window: WindowId;
  /** A calendar window counts plays; a decay window sums weights. */
  readonly kind: "calendar" | "decay";
  /** 1 in a calendar window, else the play's decay weight. */
  readonly weight: number;
  /** When plays stop entering, by arrival (epoch ms, exclusive). */
  readonly closesAt: number;
  /** When the totals may be dropped, by the epoch's `now` (epoch ms). */
  readonly dropAt: number;
}

/** The instance of each window that is current at `now`. */
export function currentWindows(now: EpochMs): Readonly<Record<ChartWindow, WindowId>> {
  return {
    hot: instance("hot", landmarkAt("hot", now)),
    hot24: instance("hot24", landmarkAt("hot24", now)),
    rising: instance("rising", floorTo(now, hourMs)),
    hour: hourWindow(now),
    day: instance("day", floorTo(now, dayMs)),
    week: instance("week", weekStart(now)),
    all: allTime,
  };
}

/** The hour that holds a time, epoch ms. */
export const hourWindow = (at: number): WindowId => instance("hour", floorTo(at, hourMs));

/** Plays that start before this are of an hour that is over at `now`; both epoch ms. */
export const startOfRising = (now: EpochMs): number => floorTo(now, hourMs);

/** The instance of `rising` that a play started at `startedAt` belongs to, or undefined where it is over at `now`. */
export function risingWindow(startedAt: EpochMs, now: EpochMs): WindowId | undefined {
  if (startedAt < startOfRising(now)) return undefined;
  const start = floorTo(startedAt, hourMs);
  let rising = risingByStart.get(start);
  if (rising === undefined) {
    rising = instance("rising", start);
    if (risingByStart.size >= 1000) risingByStart.clear();
    risingByStart.set(start, rising);
  }
  return rising;
}

/** The start of the UTC day that a time is in, epoch ms. */
export const startOfDay = (at: number): EpochMs => floorTo(at, dayMs) as EpochMs;

/** When an instance of `rising` began, epoch ms: its id is `r.`, a date and an hour. */
export function startOfHour(rising: WindowId): EpochMs {
  const [, year, month, day, hour] = /^r\.(\d{4})(\d\d)(\d\d)(\d\d)$/.exec(rising) ?? [];
  return (daysFromCivil(Number(year), Number(month), Number(day)) * dayMs + Number(hour) * hourMs) as EpochMs;
}

/** The window that an instance is one of. */
export function windowOf(instance: WindowId): ChartWindow {
  return windowKinds.find((kind) => instance.startsWith(`${rules[kind].prefix}.`)) ?? "all";
}

/** Whether the totals of a window instance may be dropped at `now`; `all` and names that are no window never are. */
export function isExpired(window: string, now: EpochMs): boolean {
  const dropAt = dropTimes.get(window) ?? rememberDropTime(window);
  return now >= dropAt;
}

/**
 * Which one of its kind an instance is, counted from 1970 in hours, in weeks, or (also for decay) in days: a small number for
 * a name in stored totals. `instanceAt` turns it back.
 *
 * @throws RangeError for a name that is no such instance
 */
export function numberOfInstance(kind: WindowKind, window: WindowId): number {
  let number = numbers.get(window);
  if (number === undefined) {
    const start = startOfInstance(window);
    if (start === undefined) throw new RangeError(`"${window}" is no instance of a window`);
    number = kind === "week" ? (start + 3 * dayMs) / weekMs : start / stepOf(kind);
    if (numbers.size >= 100_000) numbers.clear();
    numbers.set(window, number);
  }
  return number;
}

/** The instance of `kind` that has this number. */
export function instanceAt(kind: WindowKind, number: number): WindowId {
  const known = instances[kind];
  let window = known.get(number);
  if (window === undefined) {
    window = instance(kind, kind === "week" ? number * weekMs - 3 * dayMs : number * stepOf(kind));
    if (known.size >= 100_000) known.clear();
    known.set(number, window);
  }
  return window;
}

/** The number of the first instance of `kind` that has not expired at `now` (`isExpired`), for a test without a look-up. */
export function firstOpenAt(kind: WindowKind, now: EpochMs): number {
  const goneBefore = now - lengthOf(kind) - rules[kind].keepMs;
  const step = kind === "week" ? weekMs : stepOf(kind);
  const firstStart = kind === "week" ? -3 * dayMs : 0;
  return Math.floor((goneBefore - firstStart) / step) + 1;
}

const stepOf = (kind: WindowKind): number => (kind === "hour" || kind === "rising" ? hourMs : dayMs);

/** Every window but `all` that a play started at `startedAt` may enter. Plays of one minute share the answer. */
export function windowShares(startedAt: EpochMs): readonly WindowShare[] {
  const minute = Math.floor(startedAt / minuteMs);
  let shares = sharesByMinute.get(minute);
  if (shares === undefined) {
    shares = computeShares(minute * minuteMs);
    if (sharesByMinute.size >= 100_000) sharesByMinute.clear();
    sharesByMinute.set(minute, shares);
  }
  return shares;
}

const kindByPrefix = new Map(windowKinds.map((kind) => [rules[kind].prefix as string, kind]));
const numbers = new Map<WindowId, number>();
const instances = Object.fromEntries(
  windowKinds.map((kind) => [kind, new Map<number, WindowId>()]),
) as Readonly<Record<WindowKind, Map<number, WindowId>>>;
const sharesByMinute = new Map<number, readonly WindowShare[]>();
const risingByStart = new Map<number, WindowId>();
const dropTimes = new Map<string, number>();

function computeShares(at: number): readonly WindowShare[] {
  const shares = [
    calendarShare("hour", floorTo(at, hourMs), hourMs),
    calendarShare("day", floorTo(at, dayMs), dayMs),
    calendarShare("week", weekStart(at), weekMs),
  ];
  for (const window of decayWindows) shares.push(...decayShares(window, at));
  return shares;
}

/** The shares of the landmark that is current at `at`, and of its neighbours where the play has weight there. */
function decayShares(window: DecayWindow, at: number): readonly WindowShare[] {
  const current = landmarkAt(window, at);
  const length = landmarkMs(window);
  return [current - length, current, current + length].flatMap((landmark) => {
    const weight = decayWeight(window, at, landmark);
    return weight > 0 ? decayShare(window, landmark, weight) : [];
  });
}

function calendarShare(kind: "hour" | "day" | "week", start: number, lengthMs: number): WindowShare {
  const end = start + lengthMs;
  const { graceMs, keepMs } = rules[kind];
  return {
    window: instance(kind, start),
    kind: "calendar",
    weight: 1,
    closesAt: end + graceMs,
    dropAt: end + keepMs,
  };
}

function decayShare(window: DecayWindow, landmark: number, weight: number): WindowShare {
  const end = landmark + landmarkMs(window);
  const { graceMs, keepMs } = rules[window];
  return {
    window: instance(window, landmark),
    kind: "decay",
    weight,
    closesAt: end + graceMs,
    dropAt: end + keepMs,
  };
}

function rememberDropTime(window: string): number {
  const dropAt = computeDropTime(window);
  if (dropTimes.size >= 100_000) dropTimes.clear();
  dropTimes.set(window, dropAt);
  return dropAt;
}

function computeDropTime(window: string): number {
  const start = startOfInstance(window);
  if (start === undefined) return Number.POSITIVE_INFINITY;
  const kind = kindByPrefix.get(window.charAt(0)) ?? "hour";
  return start + lengthOf(kind) + rules[kind].keepMs;
}

/** When the instance of a window begins, epoch ms; undefined for `all` and for names that are no window. */
function startOfInstance(window: string): number | undefined {
  const match = /^([hdwxyr])\.(\d{4})(?:W(\d\d)|(\d\d)(\d\d)(\d\d)?)$/.exec(window);
  if (match === null) return undefined;
  const [, prefix, year, week, month, day, hour] = match;
  if (prefix === "w")
    return weekStart(daysFromCivil(Number(year), 1, 4) * dayMs) + (Number(week) - 1) * weekMs;
  const start = daysFromCivil(Number(year), Number(month), Number(day)) * dayMs;
  return prefix === "h" || prefix === "r" ? start + Number(hour) * hourMs : start;
}

function lengthOf(kind: WindowKind): number {
  if (kind === "hot" || kind === "hot24") return landmarkMs(kind);
  return { hour: hourMs, rising: hourMs, day: dayMs, week: weekMs }[kind];
}

function instance(kind: WindowKind, start: number): WindowId {
  const { prefix } = rules[kind];
  if (kind === "week") return `${prefix}.${isoWeek(start)}` as WindowId;
  const { year, month, day } = civilFromDays(Math.floor(start / dayMs));
  const date = `${pad(year, 4)}${pad(month, 2)}${pad(day, 2)}`;
  const hour = kind === "hour" || kind === "rising" ? pad((start % dayMs) / hourMs, 2) : "";
  return `${prefix}.${date}${hour}` as WindowId;
}

/** The Monday 00:00 UTC at or before `at`; 1970-01-01 was a Thursday. */
function weekStart(at: number): number {
  return floorTo(at + 3 * dayMs, weekMs) - 3 * dayMs;
}

/** `2026W47` of the week that starts at `monday`: a week belongs to the year of its Thursday (ISO 8601). */
function isoWeek(monday: number): string {
  const { year } = civilFromDays(Math.floor(monday / dayMs) + 3);
  const firstWeek = weekStart(daysFromCivil(year, 1, 4) * dayMs);
  return `${pad(year, 4)}W${pad((monday - firstWeek) / weekMs + 1, 2)}`;
}

interface CivilDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Days since 1970-01-01 to a date (H. Hinnant, "chrono-compatible low-level date algorithms", civil_from_days). */
function civilFromDays(days: number): CivilDate {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
}

/** The inverse of `civilFromDays` (same source, days_from_civil). */
function daysFromCivil(year: number, month: number, day: number): number {
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

const floorTo = (value: number, step: number): number => Math.floor(value / step) * step;
const pad = (value: number, digits: number): string => String(value).padStart(digits, "0");
