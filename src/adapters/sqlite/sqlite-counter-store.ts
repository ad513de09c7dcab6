import type { StatementSync } from "node:sqlite";
import type { Counter, CounterDelta, CounterKey } from "#src/domain/counter.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { StaleEpochError } from "#src/domain/errors.ts";
import type { ListenerSketch } from "#src/domain/listener-sketch.ts";
import type { ArtistName, EpochMs } from "#src/domain/play.ts";
import { addTotals, earliest, firstLabel, type Label, noTotals, type Totals } from "#src/domain/totals.ts";
import { isExpired, type WindowId, windowOf } from "#src/domain/windows.ts";
import type { CounterStore } from "#src/ports/counter-store.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

interface CounterRow {
  readonly key: CounterKey;
  readonly epoch: EpochNumber;
  readonly plays: number;
  readonly unqualified: number;
  readonly listened_ms: number;
  readonly completes: number;
  readonly skips: number;
  readonly rating_sum: number;
  readonly rating_count: number;
  readonly first_played_at: EpochMs | null;
  readonly labelled_at: EpochMs | null;
  readonly artist: ArtistName | null;
  readonly title: string | null;
  /** JSON: `[plays, listened ms]` of a calendar window, decimal text of a decay score, hexadecimal text of a sketch. */
  readonly windows: string | null;
  /** JSON: a list of counts. */
  readonly tenths: string | null;
}

const columns = [
  "key",
  "epoch",
  "plays",
  "unqualified",
  "listened_ms",
  "completes",
  "skips",
  "rating_sum",
  "rating_count",
  "first_played_at",
  "labelled_at",
  "artist",
  "title",
  "windows",
  "tenths",
] as const satisfies readonly (keyof CounterRow)[];

/** How many counters a listing reads at once. */
const pageSize = 1_000;

export class SqliteCounterStore implements CounterStore {
  readonly #db: SqliteDatabase;
  readonly #select: StatementSync;
  readonly #selectPage: StatementSync;
  readonly #countPrefix: StatementSync;
  readonly #replace: StatementSync;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#select = db.prepare("SELECT * FROM counters WHERE key = ?");
    this.#selectPage = db.prepare(
      `SELECT * FROM counters WHERE key > ? AND key >= ? AND key < ? ORDER BY key LIMIT ${pageSize}`,
    );
    this.#countPrefix = db.prepare("SELECT count(*) AS counters FROM counters WHERE key >= ? AND key < ?");
    this.#replace = db.prepare(
      `INSERT OR REPLACE INTO counters (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
    );
  }

  async apply(
    epoch: EpochNumber,
    now: EpochMs,
    deltas: readonly CounterDelta[],
  ): Promise<readonly Counter[]> {
    return this.#db.transaction(() => deltas.map((delta) => this.#applyOne(epoch, now, delta)));
  }

  async replace(epoch: EpochNumber, counters: readonly CounterDelta[]): Promise<void> {
    this.#db.transaction(() => {
      for (const { key, totals } of counters) {
        const stored = this.#row(key)?.epoch ?? 0;
        if (stored > epoch) throw new StaleEpochError(key, epoch, stored as EpochNumber);
        if (stored < epoch) this.#put(key, epoch, totals, encodeWindows(totals, unexpired));
      }
    });
  }

  async read(keys: readonly CounterKey[]): Promise<readonly Counter[]> {
    return this.#db.run(() =>
      keys.flatMap((key) => {
        const row = this.#row(key);
        return row === undefined ? [] : [toCounter(row)];
      }),
    );
  }

  /** In the order of keys by UTF-8 bytes. One statement a page: no cursor stays open while the caller works on it. */
  async *list(prefix: string): AsyncIterable<Counter> {
    let after = "";
    for (;;) {
      const rows = this.#db.run(() =>
        this.#selectPage.all(after, prefix, `${prefix}\u{10ffff}`),
      ) as unknown as CounterRow[];
      for (const row of rows) yield toCounter(row);
      if (rows.length < pageSize) return;
      after = rows.at(-1)?.key ?? "";
    }
  }

  /** How many counters have a key that starts with `prefix`. */
  count(prefix: string): number {
    const row = this.#countPrefix.get(prefix, `${prefix}\u{10ffff}`) as { readonly counters: number };
    return row.counters;
  }

  #row(key: CounterKey): CounterRow | undefined {
    return this.#select.get(key) as unknown as CounterRow | undefined;
  }

  #applyOne(epoch: EpochNumber, now: EpochMs, { key, totals: delta }: CounterDelta): Counter {
    const row = this.#row(key);
    const stored = row === undefined ? noTotals : toTotals(row);
    if (row !== undefined && row.epoch > epoch) throw new StaleEpochError(key, epoch, row.epoch);
    const totals = row?.epoch === epoch ? withMinimaOf(stored, delta) : addTotals(stored, delta);
    this.#put(key, epoch, totals, encodeWindows(totals, now));
    return { key, epoch, totals };
  }

  #put(key: CounterKey, epoch: EpochNumber, totals: Totals, windows: string | null): void {
    const { firstPlayedAt, label } = totals;
    this.#replace.run(
      key,
      epoch,
      totals.plays,
      totals.unqualified,
      totals.listenedMs,
      totals.completes,
      totals.skips,
      totals.ratingSum,
      totals.ratingCount,
      firstPlayedAt ?? null,
      label?.startedAt ?? null,
      label?.artist ?? null,
      label?.title ?? null,
      windows,
      totals.tenths.length === 0 ? null : JSON.stringify(totals.tenths),
    );
  }
}

/** The totals already hold the delta's sums; minima may be applied any number of times. */
function withMinimaOf(totals: Totals, delta: Totals): Totals {
  return {
    ...totals,
    firstPlayedAt: earliest(totals.firstPlayedAt, delta.firstPlayedAt),
    label: firstLabel(totals.label, delta.label),
  };
}

function toCounter(row: CounterRow): Counter {
  return { key: row.key, epoch: row.epoch, totals: toTotals(row) };
}

function toTotals(row: CounterRow): Totals {
  return {
    plays: row.plays,
    unqualified: row.unqualified,
    listenedMs: row.listened_ms,
    completes: row.completes,
    skips: row.skips,
    ratingSum: row.rating_sum,
    ratingCount: row.rating_count,
    tenths: row.tenths === null ? noTotals.tenths : (JSON.parse(row.tenths) as number[]),
    firstPlayedAt: row.first_played_at ?? undefined,
    label: toLabel(row),
    ...decodeWindows(row.windows),
  };
}

function toLabel({ labelled_at: startedAt, artist, title }: CounterRow): Label | undefined {
  if (startedAt === null || artist === null) return undefined;
  return { startedAt, artist, title: title ?? "" };
}

type Windows = Pick<Totals, "windows" | "decays" | "listeners">;

/** Nothing has expired by then. */
const unexpired = 0 as EpochMs;

function encodeWindows({ windows, decays, listeners }: Totals, now: EpochMs): string | null {
  if (windows.size === 0 && decays.size === 0 && listeners.size === 0) return null;
  const encoded: Record<string, unknown> = {};
  for (const [window, { plays, listenedMs }] of windows) {
    if (!isExpired(window, now)) encoded[window] = [plays, listenedMs];
  }
  for (const [window, score] of decays) {
    if (!isExpired(window, now)) encoded[window] = String(score);
  }
  for (const [window, sketch] of listeners) {
    if (!isExpired(window, now)) encoded[window] = sketch.toString(16);
  }
  return JSON.stringify(encoded);
}

function decodeWindows(text: string | null): Windows {
  if (text === null) {
    const { windows, decays, listeners } = noTotals;
    return { windows, decays, listeners };
  }
  const windows = new Map<WindowId, { plays: number; listenedMs: number }>();
  const decays = new Map<WindowId, bigint>();
  const listeners = new Map<WindowId, ListenerSketch>();
  const decoded = JSON.parse(text) as Record<WindowId, [number, number] | string>;
  for (const [name, value] of Object.entries(decoded)) {
    const window = name as WindowId;
    if (typeof value !== "string") windows.set(window, { plays: value[0], listenedMs: value[1] });
    else if (windowOf(window) === "rising") listeners.set(window, BigInt(`0x${value}`));
    else decays.set(window, BigInt(value));
  }
  return { windows, decays, listeners };
}
