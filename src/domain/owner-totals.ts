import type { ListenerSketch } from "./listener-sketch.ts";
import type { PlaySums } from "./play-sums.ts";
import { type Label, noTotals, type Totals, type WindowTotals } from "./totals.ts";
import type { WindowGroup } from "./window-groups.ts";
import type { WindowId } from "./windows.ts";

const none = -1;

/**
 * What an owner's rows add up to, with what else is known of the owner. Plays of last year enter no window: no map is made then, of
 * which three for each of 100,000 counters were most of what a large file left to be collected.
 */
export function totalsOf(
  sums: PlaySums,
  owner: number,
  groups: readonly WindowGroup[],
  label: Label | undefined,
  tenths: readonly number[],
  hasListeners: boolean,
): Totals {
  const counts = sums.countsOf(owner);
  let windows: Map<WindowId, WindowTotals> | undefined;
  let decays: Map<WindowId, bigint> | undefined;
  let listeners: Map<WindowId, ListenerSketch> | undefined;
  for (let row = sums.firstRow(owner); row !== none; row = sums.nextRow(row)) {
    const group = groups[sums.groupOf(row)] ?? noGroup;
    if (group.calendar.length > 0) {
      windows ??= new Map();
      addCalendar(windows, group, sums.plays(row), sums.listenedMs(row));
    }
    if (sums.plays(row) === 0) continue; // only qualified plays decay and have listeners
    if (group.decays.length > 0) {
      decays ??= new Map();
      addDecays(decays, group, sums, row);
    }
    if (hasListeners && group.rising !== undefined) {
      listeners ??= new Map();
      listeners.set(group.rising, sums.listeners(row) | (listeners.get(group.rising) ?? 0n));
    }
  }
  return {
    plays: counts.plays,
    unqualified: counts.unqualified,
    listenedMs: counts.listenedMs,
    completes: counts.completes,
    skips: counts.skips,
    ratingSum: counts.ratingSum,
    ratingCount: counts.ratingCount,
    tenths,
    firstPlayedAt: counts.firstPlayedAt,
    label,
    windows: windows ?? noTotals.windows,
    decays: decays ?? noTotals.decays,
    listeners: listeners ?? noTotals.listeners,
  };
}

function addCalendar(
  windows: Map<WindowId, WindowTotals>,
  { calendar }: WindowGroup,
  plays: number,
  listenedMs: number,
): void {
  for (const window of calendar) {
    const known = windows.get(window);
    if (known === undefined) windows.set(window, { plays, listenedMs });
    else windows.set(window, { plays: plays + known.plays, listenedMs: listenedMs + known.listenedMs });
  }
}

function addDecays(decays: Map<WindowId, bigint>, group: WindowGroup, sums: PlaySums, row: number): void {
  for (const [i, window] of group.decays.entries())
    decays.set(window, sums.decay(row, i) + (decays.get(window) ?? 0n));
}

const noGroup: WindowGroup = { calendar: [], decays: [], rising: undefined };
