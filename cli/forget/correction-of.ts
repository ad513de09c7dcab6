import type { Correction } from "#src/domain/correction.ts";
import {
  allSongsKey,
  type CounterDelta,
  type CounterKey,
  forgottenKey,
  repeatedKey,
} from "#src/domain/counter.ts";
import type { ArtistName, EpochMs, UserId } from "#src/domain/play.ts";
import { noTotals, type Totals } from "#src/domain/totals.ts";
import { isExpired, type WindowId } from "#src/domain/windows.ts";
import type { CounterStore } from "#src/ports/counter-store.ts";
import type { RecountedTotals } from "#src/recount/totals.ts";
import type { ErasureScan } from "./erasure-scan.ts";

/** Sums over everybody: they change with anybody's plays, also where nothing is left of them. */
const sums: readonly CounterKey[] = [allSongsKey, repeatedKey, forgottenKey];

/**
 * The correction that a finished scan asks for.
 *
 * @param counters what is stored: it tells in which windows charts may change
 * @param now the epoch's clock: windows that have expired by then are left out
 */
export async function correctionOf(
  scan: ErasureScan,
  userId: UserId,
  counters: CounterStore,
  now: EpochMs,
): Promise<Correction> {
  const keys = [...scan.keys];
  const expected = new Map(scan.recount.counters());
  const windows = new Set<WindowId>();
  for (const { totals } of await counters.read(keys))
    for (const window of [...totals.windows.keys(), ...totals.decays.keys()]) windows.add(window);
  return {
    userId,
    counters: [...keys, ...sums].map((key): CounterDelta => {
      const totals = expected.get(key);
      return { key, totals: totals === undefined ? noTotals : totalsOf(totals, now) };
    }),
    windows: [...windows].filter((window) => !isExpired(window, now)),
    rejects: scan.rejects,
  };
}

/** The recount's plain figures are the domain's; it shares no types with it. */
function totalsOf({ label, windows, decays, ...sums }: RecountedTotals, now: EpochMs): Totals {
  return {
    ...sums,
    firstPlayedAt: sums.firstPlayedAt as EpochMs | undefined,
    label: label && {
      startedAt: label.at as EpochMs,
      artist: label.artist as ArtistName,
      title: label.title,
    },
    windows: openOnly(windows, now),
    decays: openOnly(decays, now),
    listeners: noTotals.listeners, // the archive does not say who was counted in which hour's set
  };
}

const openOnly = <V>(windows: ReadonlyMap<string, V>, now: EpochMs): ReadonlyMap<WindowId, V> =>
  new Map([...windows].filter(([window]) => !isExpired(window, now)) as [WindowId, V][]);
