import type { Nomination } from "#src/domain/chart-candidates.ts";
import { type ChartedCounters, chartedCounters, nominateFor } from "#src/domain/charted-counters.ts";
import type { Correction } from "#src/domain/correction.ts";
import type { Counter, CounterDelta } from "#src/domain/counter.ts";
import type { EpochRecord, StageFigures } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { allTime, currentWindows, hourMs, isExpired, type WindowId, windowOf } from "#src/domain/windows.ts";
import type { CounterStore } from "#src/ports/counter-store.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import type { RejectStore } from "#src/ports/reject-store.ts";
import { correctionKey, readCorrection } from "#src/wire/correction-codec.ts";
import { ChartDrafts } from "./chart-drafts.ts";
import { restartTops } from "./dimension-tops.ts";
import { forgetRecentPlays } from "./publish-recent.ts";

export interface CorrectTotalsDeps {
  readonly counters: CounterStore;
  readonly publications: PublicationStore;
  readonly rejects: Pick<RejectStore, "remove">;
}

/**
 * MapReduce's part of an epoch that corrects: puts the smaller totals in place, rebuilds the charts that they are in, and
 * takes the listener out of the recent plays and the rejects. Doing it again changes nothing.
 */
export async function correctTotals(deps: CorrectTotalsDeps, record: EpochRecord): Promise<StageFigures> {
  const { epoch } = record;
  const correction = readCorrection(record, await deps.publications.read(correctionKey));
  await deps.counters.replace(epoch, correction.counters);
  const drafts = new ChartDrafts(deps.publications, record);
  for (const kind of chartedCounters) await rebuildCharts(deps.counters, drafts, record, correction, kind);
  const charts = await drafts.write();
  await forgetRecentPlays(deps.publications, epoch, correction.userId);
  await restartTops(deps.publications, record);
  await deps.rejects.remove(correction.rejects);
  return { counters: correction.counters.length, charts };
}

/** Charts that were full and lose an entry may take in anybody: for them all counters are read (I6). */
async function rebuildCharts(
  counters: CounterStore,
  drafts: ChartDrafts,
  record: EpochRecord,
  correction: Correction,
  charted: ChartedCounters,
): Promise<void> {
  const { list, prefix } = charted;
  const shrunk = correction.counters.filter(({ key }) => key.startsWith(prefix));
  if (shrunk.length === 0) return;
  const ids = new Set(shrunk.map(({ key }) => key.slice(prefix.length)));
  const open = new Set<WindowId>();
  const inexact = new Set<WindowId>();
  for (const window of touchedWindows(charted, correction, shrunk, record)) {
    open.add(window);
    if (!(await drafts.openWithout(list, window, ids))) inexact.add(window);
  }
  const nominationsOf = (counter: Counter, windows: ReadonlySet<WindowId>): readonly Nomination[] => {
    const all = nominateFor(charted, counter, counter, record.now);
    return all.filter(({ window }) => windows.has(window));
  };
  for (const { key, totals } of shrunk)
    await drafts.offer(list, nominationsOf({ key, epoch: record.epoch, totals }, open));
  if (inexact.size === 0) return;
  for await (const counter of counters.list(prefix))
    await drafts.offer(list, nominationsOf(counter, inexact));
}

/**
 * Every window in which one of the counters may stand in a chart, now or before. In `rising` they cannot any more until
 * they are played again: their sketches went, because nobody can take one listener out of one.
 */
function touchedWindows(
  charted: ChartedCounters,
  { windows }: Correction,
  shrunk: readonly CounterDelta[],
  { now, windows: current }: EpochRecord,
): ReadonlySet<WindowId> {
  const kept = shrunk.flatMap(({ totals }) => [...totals.windows.keys(), ...totals.decays.keys()]);
  const nextHour = (now + hourMs) as EpochMs; // a play may start an hour ahead
  const risings = [current.rising, currentWindows(nextHour).rising];
  const hasChart = (window: WindowId): boolean =>
    charted.windows.includes(windowOf(window)) && !isExpired(window, now);
  return new Set([allTime, ...risings, ...windows, ...kept].filter(hasChart));
}
