import { type Chart, type ChartEntry, type ChartList, isSameEntry } from "../domain/chart.ts";
import type { PublicationKey } from "../domain/publication-key.ts";
import { type ChartWindow, windowOf } from "../domain/windows.ts";
import { type ChartEntryView, viewShown } from "./chart-view.ts";
import { check, checkCount, checkText, readPublication } from "./publication-body.ts";

/** An entry that changed; what stands still is left out. The rank is always there: it says where the entry goes. */
export type ChartEntryUpdate = Pick<ChartEntryView, "id" | "rank"> &
  Partial<Omit<ChartEntryView, "id" | "rank" | "previous_rank" | "peak" | "back">>;

/** What leads from the entries that one version of a chart shows to those of the next. */
export interface ChartChange {
  /** Entries the version holds; more than it shows. */
  readonly total: number;
  /** Ids. */
  readonly leave: readonly string[];
  readonly enter: readonly ChartEntryView[];
  readonly update: readonly ChartEntryUpdate[];
}

/** A change as the store keeps it for a while. */
export interface ChartDeltaRecord extends ChartChange {
  /** The instance of the window, such as `d.20261120`. */
  readonly window: string;
  /** The version it leads to, from the one before. */
  readonly seq: number;
}

/** The last so many changes of each public chart are kept (DESIGN.md section 5). */
export const deltaRingSize = 20;

/** One slot of a chart's ring. Instances of a window share it, so that it never grows. */
export const deltaKey = (list: ChartList, window: ChartWindow, seq: number): PublicationKey =>
  `DELTA#${list}#${window}#${seq % deltaRingSize}` as PublicationKey;

/**
 * What changed from `before` to `after`, its next version. Untouched entries are not mentioned: they never change places
 * among themselves, because the order is a total one of what an entry holds (I7).
 */
export function diffCharts(before: Chart, after: Chart): ChartDeltaRecord {
  const window = windowOf(after.window);
  const shownBefore = viewShown(before, window);
  const held = new Map(shownBefore.map((view, index) => [view.id, { view, entry: before.entries[index] }]));
  const enter: ChartEntryView[] = [];
  const update: ChartEntryUpdate[] = [];
  for (const [index, view] of viewShown(after, window).entries()) {
    const known = held.get(view.id);
    held.delete(view.id);
    if (known === undefined) enter.push(view);
    else if (hasChanged(known.entry, after.entries[index])) update.push(changesOf(known.view, view));
  }
  const leave = [...held.keys()];
  return { window: after.window, seq: after.seq, total: after.entries.length, leave, enter, update };
}

const hasChanged = (before: ChartEntry | undefined, after: ChartEntry | undefined): boolean =>
  after === undefined || !isSameEntry(after, before);

function changesOf(before: ChartEntryView, after: ChartEntryView): ChartEntryUpdate {
  return {
    id: after.id,
    rank: after.rank,
    ...(after.plays !== before.plays && { plays: after.plays }),
    ...(after.listened_ms !== before.listened_ms && { listened_ms: after.listened_ms }),
    ...(after.score !== before.score && { score: after.score }),
    ...(after.title !== before.title && { title: after.title }),
    ...(after.artist !== before.artist && { artist: after.artist }),
    ...(after.first_played_at !== before.first_played_at && { first_played_at: after.first_played_at }),
    ...(after.expected !== undefined && after.expected !== before.expected && { expected: after.expected }),
    ...(after.listeners !== undefined &&
      after.listeners !== before.listeners && { listeners: after.listeners }),
  };
}

/**
 * The entries of the next version: those that changed are taken out and put back at their ranks, from the best on.
 * Previous ranks and peaks follow from what is held, and who was back is so no longer.
 *
 * @returns undefined where the change does not fit the entries: it belongs to another version
 */
export function applyChange(
  entries: readonly ChartEntryView[],
  { leave, enter, update }: ChartChange,
): readonly ChartEntryView[] | undefined {
  const held = new Map(entries.map(({ back: _, ...entry }) => [entry.id, entry]));
  const placed: ChartEntryView[] = [...enter];
  for (const id of leave) if (!held.delete(id)) return undefined;
  for (const changes of update) {
    const entry = held.get(changes.id);
    if (entry === undefined) return undefined;
    held.delete(changes.id);
    placed.push({
      ...entry,
      ...changes,
      previous_rank: entry.rank,
      peak: Math.min(entry.peak, changes.rank),
    });
  }
  const next: ChartEntryView[] = [...held.values()].map((entry) => ({ ...entry, previous_rank: entry.rank }));
  for (const entry of placed.sort((a, b) => a.rank - b.rank)) next.splice(entry.rank - 1, 0, entry);
  return next.map((entry, index) => ({
    ...entry,
    rank: index + 1,
    peak: Math.min(entry.peak, index + 1),
  }));
}

export const encodeDeltaRecord = (record: ChartDeltaRecord): string => JSON.stringify(record);

/** @throws CorruptStoreError */
export function decodeDeltaRecord(key: PublicationKey, body: string): ChartDeltaRecord {
  return readPublication(key, body, (json) => {
    const { leave, enter, update } = json;
    check(Array.isArray(leave), "leave", leave);
    check(Array.isArray(enter), "enter", enter);
    check(Array.isArray(update), "update", update);
    return {
      window: checkText("window", json["window"]),
      seq: checkCount("seq", json["seq"]),
      total: checkCount("total", json["total"]),
      ...{ leave, enter, update },
    };
  });
}
