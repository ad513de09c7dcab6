const wholeNumbers = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const formatCount = (count: number): string => wholeNumbers.format(count);

/** What a chart counts: whole plays, or plays that have lost weight. */
export function formatScore(score: number): string {
  return Number.isInteger(score) || score >= 100 ? wholeNumbers.format(score) : tenths.format(score);
}

/** `3 s`, `4 min`, `2 h`, `5 d`. */
export function formatAge(ageMs: number): string {
  const seconds = Math.max(0, Math.round(ageMs / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
