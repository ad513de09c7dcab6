import {
  type Chart,
  type ChartDraft,
  type ChartList,
  draftChart,
  isExactWithout,
} from "#src/domain/chart.ts";
import type { Admission, Nomination } from "#src/domain/chart-candidates.ts";
import { type EpochNumber, type EpochRecord, isWrittenIn } from "#src/domain/epoch.ts";
import { type WindowId, windowOf } from "#src/domain/windows.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import { chartKey } from "#src/wire/chart-codec.ts";
import { deltaKey, diffCharts, encodeDeltaRecord } from "#src/wire/chart-delta.ts";
import { isPushed } from "#src/wire/push-protocol.ts";
import type { ChartCandidates } from "#src/wire/share-codec.ts";
import { KnownCharts } from "./known-charts.ts";

/** The charts that an epoch touches, loaded when the first candidate of one turns up. */
export class ChartDrafts {
  readonly #publications: PublicationStore;
  readonly #known: KnownCharts;
  readonly #epoch: EpochNumber;
  readonly #windows: EpochRecord["windows"];
  /** By list, then by window. `undefined`: an earlier attempt at this epoch already wrote the chart. */
  readonly #drafts = new Map<ChartList, Map<WindowId, ChartDraft | undefined>>();

  /** @param known what earlier epochs have left in this process. @default nothing */
  constructor(
    publications: PublicationStore,
    { epoch, windows }: Pick<EpochRecord, "epoch" | "windows">,
    known: KnownCharts = new KnownCharts(),
  ) {
    this.#publications = publications;
    this.#known = known;
    this.#epoch = epoch;
    this.#windows = windows;
  }

  /** Whom the charts of a list have a use for; everybody where one is not open yet. */
  admissionTo(list: ChartList): Admission {
    const drafts = this.#draftsOf(list);
    return (window, id, score) => {
      const draft = drafts.get(window);
      return draft === undefined ? !drafts.has(window) : draft.update.admits(id, score);
    };
  }

  /** @throws StaleEpochError where a chart belongs to a later epoch */
  async offer(list: ChartList, nominations: readonly Nomination[]): Promise<void> {
    const drafts = this.#draftsOf(list);
    for (const { window, candidate } of nominations) {
      if (!drafts.has(window)) drafts.set(window, await this.#open(list, window));
      drafts.get(window)?.update.offer(candidate);
    }
  }

  /**
   * Opens a chart without the entries of `ids`, whose totals may have shrunk; they are to be offered anew.
   *
   * @returns whether that is enough; else everything that may stand in the chart has to be offered (I6)
   */
  async openWithout(list: ChartList, window: WindowId, ids: ReadonlySet<string>): Promise<boolean> {
    const draft = await this.#open(list, window, ids);
    this.#draftsOf(list).set(window, draft);
    return draft === undefined || isExactWithout(draft.previous?.entries ?? [], ids);
  }

  /** Of what was offered all that the next charts depend on, for somebody else to offer and to write. */
  offered(): readonly ChartCandidates[] {
    return [...this.#drafts].flatMap(([list, drafts]) =>
      [...drafts].flatMap(([window, draft]) => {
        const candidates = draft?.update.offered() ?? [];
        return candidates.length === 0 ? [] : [{ list, window, candidates }];
      }),
    );
  }

  /** Writes the charts that changed and returns how many. */
  async write(): Promise<number> {
    let written = 0;
    for (const draft of [...this.#drafts.values()].flatMap((drafts) => [...drafts.values()])) {
      const chart = draft?.finish(this.#epoch);
      if (chart === undefined) continue;
      await this.#keepDelta(draft?.previous, chart);
      const key = chartKey(chart.list, chart.window);
      await this.#publications.write(key, { epoch: this.#epoch, body: this.#known.encode(key, chart) });
      written += 1;
    }
    return written;
  }

  #draftsOf(list: ChartList): Map<WindowId, ChartDraft | undefined> {
    let drafts = this.#drafts.get(list);
    if (drafts === undefined) {
      drafts = new Map();
      this.#drafts.set(list, drafts);
    }
    return drafts;
  }

  /** Before the chart itself: whoever sees a version finds what led to it. Only what can be subscribed to has deltas. */
  async #keepDelta(previous: Chart | undefined, chart: Chart): Promise<void> {
    const window = windowOf(chart.window);
    if (previous === undefined || this.#windows[window] !== chart.window) return;
    if (!isPushed(chart.list, window)) return;
    await this.#publications.write(deltaKey(chart.list, window, chart.seq), {
      epoch: this.#epoch,
      body: encodeDeltaRecord(diffCharts(previous, chart)),
    });
  }

  async #open(
    list: ChartList,
    window: WindowId,
    without?: ReadonlySet<string>,
  ): Promise<ChartDraft | undefined> {
    const key = chartKey(list, window);
    const published = await this.#publications.read(key);
    if (isWrittenIn(this.#epoch, key, published)) return undefined;
    return draftChart(list, window, published && this.#known.decode(key, published.body), without);
  }
}
