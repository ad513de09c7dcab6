import type { RecountedProfile } from "./profiles.ts";
import { compareTexts } from "./text.ts";
import type { RecountedTotals } from "./totals.ts";

/** A line of a chart as it should be. */
export interface RecountedEntry {
  readonly id: string;
  readonly title: string;
  readonly artist: string;
  readonly score: bigint;
  readonly plays: number;
  readonly listenedMs: number;
  /** Epoch ms. */
  readonly firstPlayedAt: number;
}

const size = 500;
/** A chart is sorted when it holds this many times what it keeps. */
const slack = 4;

/** A chart that takes candidates in any order, and keeps the best. */
class Best {
  #entries: RecountedEntry[] = [];

  add(entry: RecountedEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length >= slack * size) this.#entries = this.inOrder();
  }

  inOrder(): RecountedEntry[] {
    return this.#entries.sort(compareEntries).slice(0, size);
  }
}

/** Score, then who was played first, then the id. */
function compareEntries(a: RecountedEntry, b: RecountedEntry): number {
  if (a.score !== b.score) return a.score > b.score ? -1 : 1;
  return a.firstPlayedAt - b.firstPlayedAt || compareTexts(a.id, b.id);
}

/** The charts of one kind of counter, by window (`all` is one). */
export class Charts {
  readonly #isKept: (window: string) => boolean;
  readonly #charts = new Map<string, Best>();

  /** @param isKept which windows have a chart */
  constructor(isKept: (window: string) => boolean) {
    this.#isKept = isKept;
  }

  /** @param firstPlayedAt decides among equals, epoch ms; undefined for who has no qualified play and so no place */
  add(id: string, name: string, totals: RecountedTotals, firstPlayedAt = totals.firstPlayedAt): void {
    if (firstPlayedAt === undefined) return;
    const { label, plays, listenedMs } = totals;
    const called = { id, title: label?.title ?? "", artist: label?.artist ?? name, firstPlayedAt };
    const overall = { ...called, plays, listenedMs };
    this.#add("all", { ...overall, score: BigInt(plays) });
    for (const [window, share] of totals.windows)
      this.#add(window, { ...called, ...share, score: BigInt(share.plays) });
    for (const [window, score] of totals.decays) this.#add(window, { ...overall, score });
  }

  /** Each window's entries, the best first. */
  *charts(): IterableIterator<readonly [window: string, entries: readonly RecountedEntry[]]> {
    for (const [window, best] of this.#charts) yield [window, best.inOrder()];
  }

  #add(window: string, entry: RecountedEntry): void {
    if (entry.score === 0n || !this.#isKept(window)) return;
    let best = this.#charts.get(window);
    if (best === undefined) {
      best = new Best();
      this.#charts.set(window, best);
    }
    best.add(entry);
  }
}

/** The chart of listeners, by listened time. */
export function listenersChart(
  profiles: Iterable<readonly [string, RecountedProfile]>,
): readonly RecountedEntry[] {
  const best = new Best();
  for (const [id, { plays, listenedMs, firstHeardAt }] of profiles) {
    const score = BigInt(listenedMs);
    if (score > 0n)
      best.add({ id, title: "", artist: "", score, plays, listenedMs, firstPlayedAt: firstHeardAt });
  }
  return best.inOrder();
}
