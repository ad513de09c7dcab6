/**
 * The smallest value that at least `share` of the values do not exceed (nearest rank); undefined of no values.
 *
 * @param share 0 to 1
 */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
