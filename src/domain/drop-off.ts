/** How many of a song's listeners stay how long. */
export interface DropOff {
  /** Plays of which it is known how much of the track was heard. */
  readonly plays: number;
  /** The share of them that still went on at 0 %, 10 %, ..., 100 % of the track. */
  readonly stillListening: readonly number[];
}

/** @param tenths as in `Totals`; undefined comes back where no play is known */
export function dropOffOf(tenths: readonly number[]): DropOff | undefined {
  const plays = tenths.reduce((sum, count) => sum + count, 0);
  if (plays === 0) return undefined;
  let left = plays;
  const stillListening = tenths.map((ended) => {
    const share = left / plays;
    left -= ended;
    return share;
  });
  return { plays, stillListening };
}
