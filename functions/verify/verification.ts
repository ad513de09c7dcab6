import type { ArchivedRecord, ArchiveSource } from "#src/domain/archive.ts";
import type { ChartList } from "#src/domain/chart.ts";
import type { EpochNumber, EpochRecord } from "#src/domain/epoch.ts";
import type { EpochMs, UserId } from "#src/domain/play.ts";
import { noCounts } from "#src/domain/position.ts";
import { noProfile } from "#src/domain/profile.ts";
import { noTotals, type Totals } from "#src/domain/totals.ts";
import type { Verification } from "#src/domain/verification.ts";
import { isExpired, type WindowId } from "#src/domain/windows.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { Tools } from "#src/recount/archived.ts";
import { Charts, listenersChart, type RecountedEntry } from "#src/recount/charts.ts";
import { emptyProfile } from "#src/recount/profiles.ts";
import { type JudgedEntry, Recount } from "#src/recount/recount.ts";
import { emptyTotals, type RecountedTotals } from "#src/recount/totals.ts";
import { chartKey, decodeChart } from "#src/wire/chart-codec.ts";
import { compareChart } from "./compare-chart.ts";
import { type ComparedFigures, compareCounter } from "./compare-counter.ts";
import { compareProfile } from "./compare-profile.ts";
import { compareValues, DriftReport } from "./drift-report.ts";
import { CountedRecords } from "./read-counted.ts";
import type { StoreSnapshot } from "./store-snapshot.ts";
import { arrivalsOf, liesIn, type WindowRange } from "./window-range.ts";

export interface VerifyDeps extends Tools {
  readonly archive: ArchiveSource;
  readonly snapshot: StoreSnapshot;
  readonly clock: Clock;
}

export interface VerifyOptions {
  /** Compares only the hours, days and weeks that lie wholly in it, and reads only what arrived for them. */
  readonly range?: WindowRange | undefined;
  /** Waits a little where the archive lags; false to give up. @default never waits */
  readonly waitForArchive?: () => Promise<boolean>;
  /** How far apart two arrivals of one play are at most, ms. @default 600_000 */
  readonly horizonMs?: number;
  /** Called with the number of records read so far, now and then. */
  readonly onProgress?: (records: number) => void;
}

const kinds = ["counts", "songs", "artists", "dimensions", "listeners", "charts", "beyond-horizon"] as const;
type Kind = (typeof kinds)[number];
/** Whose keys start so has charts: in which windows, by the first letters of their ids (`a` is `all`); or in every one. */
const charted: readonly { list: ChartList; prefix: string; windows?: string }[] = [
  { list: "songs", prefix: "SONG#" },
  { list: "artists", prefix: "ARTIST#" },
  { list: "genres", prefix: "DIM#genre#", windows: "ad" },
  { list: "platforms", prefix: "DIM#platform#", windows: "ad" },
  { list: "moods", prefix: "DIM#mood#", windows: "ad" },
  { list: "countries", prefix: "DIM#country#", windows: "ad" },
];
/** What a range of windows says nothing about. */
const kindsOfAllTime: readonly Kind[] = ["counts", "listeners"];

const progressEvery = 1000;

/**
 * Recounts what the archive holds up to the snapshot's epoch, with code that shares nothing with what counted it, and
 * compares every total, profile and chart.
 *
 * Memory: 24 to 49 bytes a play, and every total and profile.
 *
 * @throws ArchiveBehindError where the archive does not reach the epoch
 * @throws ArchiveBeginsLaterError where what was counted first is gone, and no range is named
 */
export async function verify(deps: VerifyDeps, options: VerifyOptions = {}): Promise<Verification> {
  const startedAt = deps.clock();
  const { record } = deps.snapshot;
  const { range } = options;
  const recount = record === undefined ? new Recount(deps) : await recountTo(record, deps, options);
  const comparison = new Comparison(recount, deps.snapshot, range);
  await comparison.run();
  const at = deps.clock();
  const { kinds: compared, differences } = comparison.report;
  return {
    at,
    epoch: record?.epoch ?? (0 as EpochNumber),
    from: range?.from,
    to: range?.to,
    kinds: compared,
    differences,
    processingMs: at - startedAt,
  };
}

async function recountTo(
  record: EpochRecord,
  { archive, snapshot, ...tools }: VerifyDeps,
  { range, waitForArchive, horizonMs = 600_000, onProgress }: VerifyOptions,
): Promise<Recount> {
  const recount = new Recount({ ...tools, horizonMs });
  const arrivals = range && arrivalsOf(range);
  const isWhole = arrivals !== undefined && (await archive.list({ to: arrivals.from })).length > 0;
  const counted = new CountedRecords(archive, record, isWhole ? undefined : snapshot.first);
  const isFolded = ({ entry, userId }: JudgedEntry, { shard, sequenceNumber }: ArchivedRecord): boolean =>
    userId !== undefined && (snapshot.folded?.hold({ shard, sequenceNumber }, entry, userId) ?? true);
  let records = 0;
  for await (const { record: archived, entries } of counted.read({ ...arrivals }, waitForArchive)) {
    for (const judged of recount.judge(archived, entries)) recount.count(judged, isFolded(judged, archived));
    records += 1;
    if (records % progressEvery === 0) onProgress?.(records);
  }
  return recount;
}

/** The charts of one kind of counter. */
interface ComparedCharts {
  readonly list: ChartList;
  readonly prefix: string;
  readonly isCompared: (window: string) => boolean;
  readonly charts: Charts;
}

/** One recount against one snapshot. */
class Comparison {
  readonly report: DriftReport<Kind>;
  readonly #recount: Recount;
  readonly #snapshot: StoreSnapshot;
  readonly #figures: ComparedFigures;
  readonly #charts: readonly ComparedCharts[];
  /** Every window in which a counter has something, whoever says so. */
  readonly #windows = new Set<string>();

  constructor(recount: Recount, snapshot: StoreSnapshot, range: WindowRange | undefined) {
    const now = snapshot.record?.now ?? (0 as EpochMs);
    this.#recount = recount;
    this.#snapshot = snapshot;
    this.#figures = {
      allTime: range === undefined,
      isCompared: (window) => !isExpired(window, now) && (range === undefined || liesIn(window, range)),
    };
    this.#charts = charted.map(({ windows, ...kind }) => {
      const isCompared = (window: string): boolean =>
        (windows === undefined || windows.includes(window.charAt(0))) && this.#isCompared(window);
      return { ...kind, isCompared, charts: new Charts(isCompared) };
    });
    this.report = new DriftReport(
      range === undefined ? kinds : kinds.filter((kind) => !kindsOfAllTime.includes(kind)),
    );
  }

  async run(): Promise<void> {
    await this.#compareCounters();
    if (this.#figures.allTime) {
      this.#compareCounts();
      await this.#compareProfiles();
    }
    await this.#compareCharts();
    const { arrivals, beyondHorizon } = this.#recount;
    const difference = `plays whose id had counted longer ago than duplicates are known: ${beyondHorizon}`;
    this.report.add("beyond-horizon", arrivals.size, beyondHorizon, beyondHorizon > 0 ? [difference] : []);
  }

  /** What the consumer counted of each shard. */
  #compareCounts(): void {
    const heads = this.#snapshot.record?.to ?? [];
    for (const { shard, counts } of heads) {
      const expected = this.#recount.shards.get(shard) ?? noCounts;
      for (const figure of ["plays", "unqualified", "duplicates", "rejects"] as const)
        this.report.note("counts", compareValues(`${shard} ${figure}`, expected[figure], counts[figure]));
    }
  }

  async #compareCounters(): Promise<void> {
    const missing = new Map(this.#recount.counters());
    for await (const { key, totals } of this.#snapshot.counters()) {
      const expected = missing.get(key);
      missing.delete(key);
      this.#compareCounter(key, expected ?? emptyTotals(), totals);
    }
    for (const [key, expected] of missing) this.#compareCounter(key, expected, noTotals);
  }

  #compareCounter(key: string, expected: RecountedTotals, stored: Totals): void {
    const kind = kindOf(key);
    if (!this.#figures.allTime && (kind === "counts" || !this.#isInRange(expected, stored))) return;
    this.report.note(kind, compareCounter(key, expected, stored, this.#figures));
    const ofKind = this.#charts.find(({ prefix }) => key.startsWith(prefix));
    if (ofKind === undefined) return;
    for (const window of stored.windows.keys()) this.#windows.add(window);
    for (const window of stored.decays.keys()) this.#windows.add(window);
    const id = key.slice(ofKind.prefix.length);
    // A range of the archive does not know who was first.
    const firstPlayedAt = this.#figures.allTime ? expected.firstPlayedAt : stored.firstPlayedAt;
    ofKind.charts.add(id, ofKind.list === "artists" ? id : "", expected, firstPlayedAt);
  }

  /** Whether a window that is compared holds something. */
  #isInRange(expected: RecountedTotals, stored: Totals): boolean {
    const { isCompared } = this.#figures;
    return [...expected.windows.keys(), ...stored.windows.keys()].some(isCompared);
  }

  async #compareProfiles(): Promise<void> {
    const missing = new Map(this.#recount.profiles);
    for await (const { profile } of this.#snapshot.profiles()) {
      const expected = missing.get(profile.userId) ?? emptyProfile();
      missing.delete(profile.userId);
      this.report.note("listeners", compareProfile(expected, profile));
    }
    for (const [userId, expected] of missing)
      this.report.note("listeners", compareProfile(expected, noProfile(userId as UserId)));
  }

  async #compareCharts(): Promise<void> {
    for (const { list, isCompared, charts } of this.#charts) {
      const expected = new Map(charts.charts());
      for (const window of new Set(["all", ...this.#windows, ...expected.keys()]))
        if (isCompared(window)) await this.#compareChart(list, window, expected.get(window) ?? []);
    }
    if (this.#figures.allTime)
      await this.#compareChart("listeners", "all", listenersChart(this.#recount.profiles));
  }

  /** Whether a window's chart is compared, where there is one. */
  #isCompared(window: string): boolean {
    return window === "all" ? this.#figures.allTime : this.#figures.isCompared(window);
  }

  async #compareChart(list: ChartList, window: string, expected: readonly RecountedEntry[]): Promise<void> {
    const key = chartKey(list, window as WindowId);
    const published = await this.#snapshot.publication(key);
    const stored = published === undefined ? [] : decodeChart(published.body, key).entries;
    this.report.note("charts", compareChart(key, expected, stored, this.#figures.allTime));
  }
}

/** What kind of counter has such a key. */
function kindOf(key: string): Kind {
  if (key.startsWith("SONG#")) return "songs";
  if (key.startsWith("ARTIST#")) return "artists";
  return key.startsWith("DIM#") ? "dimensions" : "counts";
}
