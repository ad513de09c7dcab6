import type { Counter, CounterDelta } from "./counter.ts";
import type { EpochNumber } from "./epoch.ts";
import { StaleEpochError } from "./errors.ts";
import { addTotals, compareLabels, noTotals, type Totals } from "./totals.ts";

/**
 * A counter's totals after a delta of `epoch` (I5): those that are stored where they hold it already, but for minima, which
 * may be applied any number of times.
 *
 * @returns the stored totals themselves where nothing changes
 * @throws StaleEpochError where the stored epoch is larger
 */
export function afterDelta(
  epoch: EpochNumber,
  stored: Counter | undefined,
  { key, totals }: CounterDelta,
): Totals {
  if (stored === undefined) return addTotals(noTotals, totals);
  if (stored.epoch > epoch) throw new StaleEpochError(key, epoch, stored.epoch);
  return stored.epoch < epoch ? addTotals(stored.totals, totals) : withMinima(stored.totals, totals);
}

/**
 * A counter's totals after they were replaced in `epoch`: those that are stored where they hold that already.
 *
 * @throws StaleEpochError where the stored epoch is larger
 */
export function afterReplacement(
  epoch: EpochNumber,
  stored: Counter | undefined,
  { key, totals }: CounterDelta,
): Totals {
  if (stored !== undefined && stored.epoch > epoch) throw new StaleEpochError(key, epoch, stored.epoch);
  return stored?.epoch === epoch ? stored.totals : totals;
}

function withMinima(stored: Totals, { firstPlayedAt, label }: Totals): Totals {
  const isEarlier =
    firstPlayedAt !== undefined &&
    (stored.firstPlayedAt === undefined || firstPlayedAt < stored.firstPlayedAt);
  const isSmaller =
    label !== undefined && (stored.label === undefined || compareLabels(label, stored.label) < 0);
  if (!isEarlier && !isSmaller) return stored;
  return {
    ...stored,
    ...(isEarlier ? { firstPlayedAt } : {}),
    ...(isSmaller ? { label } : {}),
  };
}
