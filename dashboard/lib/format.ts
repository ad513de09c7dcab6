const wholeNumbers = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const clockTimes = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const dates = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

export const formatCount = (count: number): string => wholeNumbers.format(count);

/** What a chart counts: whole plays, or plays that have lost weight. */
export function formatScore(score: number): string {
  return Number.isInteger(score) || score >= 100 ? wholeNumbers.format(score) : tenths.format(score);
}

/** `12.3 %`; a dash of nothing. */
export function formatShare(part: number, whole: number): string {
  return whole > 0 ? `${tenths.format((100 * part) / whole)} %` : "–";
}

/** `3 s`, `4 min`, `2 h`, `5 d`. */
export function formatAge(ageMs: number): string {
  const seconds = Math.max(0, Math.round(ageMs / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** `850 ms`, `1.2 s`. */
export function formatDelay(ms: number): string {
  return ms < 1000 ? `${Math.max(0, Math.round(ms))} ms` : `${tenths.format(ms / 1000)} s`;
}

/** Of a song: `3:05`. */
export function formatPosition(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Of many songs: `45 s`, `12 min`, `3.4 h`, `2,345 h`. */
export function formatListened(ms: number): string {
  if (ms < 60_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return `${formatScore(ms / 3_600_000)} h`;
}

/** The time of day where the reader is: `14:03:20`. */
export const formatClock = (at: number): string => clockTimes.format(at);

/** `27 Nov 2026, 14:03`, where the reader is. */
export const formatDate = (at: number): string => dates.format(at);

/** `1 play`, `2 plays`. */
export const formatPlural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;
