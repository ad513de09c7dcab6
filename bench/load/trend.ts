/** A straight line through points by least squares. */
export interface Trend {
  /** Of the values, where there are any. */
  readonly mean: number;
  /** By how much the value grows with each unit of x. */
  readonly slope: number;
  /** The slope's standard error: what is less than twice as much is no growth that these points show. */
  readonly error: number;
}

/** @returns undefined for fewer than three points: two are always on a line */
export function trendOf(points: readonly (readonly [x: number, y: number])[]): Trend | undefined {
  const count = points.length;
  if (count < 3) return undefined;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count;
  const mean = points.reduce((sum, [, y]) => sum + y, 0) / count;
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - mean), 0) / spread;
  const residuals = points.reduce((sum, [x, y]) => sum + (y - mean - slope * (x - meanX)) ** 2, 0);
  return { mean, slope, error: Math.sqrt(residuals / (count - 2) / spread) };
}
