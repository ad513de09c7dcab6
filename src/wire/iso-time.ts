const daysBeforeMonth = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334] as const;
const dayMs = 86_400_000;

const zero = 48;

/** The number that the `count` digits from `at` on make; NaN where they are not all digits. */
function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - zero;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function lengthOfMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days from 1970-01-01 to the first of the month; months count from 1. */
function daysToMonth(year: number, month: number): number {
  const before = year - 1;
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 477;
  const thisLeapDay = month > 2 && isLeapYear(year) ? 1 : 0;
  return (year - 1970) * 365 + leapDays + (daysBeforeMonth[month - 1] ?? 0) + thisLeapDay;
}

/** `YYYY-MM-DD` at the start of the text as epoch ms; NaN where it is no date. */
function parseDate(text: string): number {
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  if (text[4] !== "-" || text[7] !== "-") return Number.NaN;
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= lengthOfMonth(year, month))) return Number.NaN;
  return (daysToMonth(year, month) + day - 1) * dayMs;
}

/** `Z`, `+HH`, `+HHMM` or `+HH:MM` (or with `-`) from `at` to the end, in ms; no zone is UTC. */
function parseZone(text: string, at: number): number {
  const rest = text.length - at;
  if (rest === 0) return 0;
  const sign = text[at];
  if (rest === 1) return sign === "Z" || sign === "z" ? 0 : Number.NaN;
  if (sign !== "+" && sign !== "-") return Number.NaN;
  const hours = digits(text, at + 1, 2);
  let minutes = 0;
  if (rest === 6 && text[at + 3] === ":") minutes = digits(text, at + 4, 2);
  else if (rest === 5) minutes = digits(text, at + 3, 2);
  else if (rest !== 3) return Number.NaN;
  if (!(hours <= 23 && minutes <= 59)) return Number.NaN;
  const offset = (hours * 60 + minutes) * 60_000;
  return sign === "-" ? -offset : offset;
}

/** The end of the run of digits that starts at `at`. */
function endOfDigits(text: string, at: number): number {
  let end = at;
  while (end < text.length && text.charCodeAt(end) >= zero && text.charCodeAt(end) <= zero + 9) end += 1;
  return end;
}

/** Where a time of day ends, and its ms after midnight; NaN where it is none. Reused to spare an object per time. */
const clock = { end: 0, ms: 0 };

/** `HH:MM`, `HH:MM:SS` or `HH:MM:SS.fraction` from the 11th character on, into `clock`. */
function parseClock(text: string): void {
  const hours = digits(text, 11, 2);
  const minutes = digits(text, 14, 2);
  clock.ms = text[13] === ":" && hours <= 23 && minutes <= 59 ? (hours * 60 + minutes) * 60_000 : Number.NaN;
  clock.end = 16;
  if (text[16] !== ":") return;
  const seconds = digits(text, 17, 2);
  clock.ms += seconds <= 59 ? seconds * 1000 : Number.NaN;
  clock.end = 19;
  if (text[19] !== "." && text[19] !== ",") return;
  clock.end = endOfDigits(text, 20);
  const fraction = text.slice(20, Math.min(clock.end, 23)).padEnd(3, "0");
  clock.ms += clock.end === 20 ? Number.NaN : Number(fraction);
}

/**
 * Epoch ms of an ISO 8601 time: `YYYY-MM-DD`, or with `THH:MM`, `:SS`, a fraction (cut to ms) and a zone, which is UTC
 * where none is given. Undefined for anything else, dates that do not exist included. (`Date.parse` would take a
 * missing zone for local time and roll 30 February over.)
 */
export function parseIsoTime(text: string): number | undefined {
  let time = parseDate(text);
  if (text.length > 10) {
    const separator = text[10];
    if (separator !== "T" && separator !== " " && separator !== "t") return undefined;
    parseClock(text);
    time += clock.ms - parseZone(text, clock.end);
  }
  return Number.isNaN(time) ? undefined : time;
}

const pad = (value: number, width: number): string => String(value).padStart(width, "0");

/** `YYYY-MM-DDTHH:MM:SS.mmmZ`, for the years 1970 to 9999. */
export function formatIsoTime(epochMs: number): string {
  const days = Math.floor(epochMs / dayMs);
  const ms = epochMs - days * dayMs;
  let year = 1970 + Math.floor(days / 365.2425);
  while (daysToMonth(year + 1, 1) <= days) year += 1;
  while (daysToMonth(year, 1) > days) year -= 1;
  let month = 12;
  while (daysToMonth(year, month) > days) month -= 1;
  const date = `${pad(year, 4)}-${pad(month, 2)}-${pad(days - daysToMonth(year, month) + 1, 2)}`;
  const seconds = Math.floor(ms / 1000);
  const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60];
  return `${date}T${parts.map((part) => pad(Math.floor(part), 2)).join(":")}.${pad(ms % 1000, 3)}Z`;
}
