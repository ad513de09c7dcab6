import type { DatabaseSync } from "node:sqlite";
import type { CounterKey } from "#src/domain/counter.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { ListenerSketch } from "#src/domain/listener-sketch.ts";
import type { ArtistName, EpochMs } from "#src/domain/play.ts";
import { type Label, noTotals, type Totals } from "#src/domain/totals.ts";
import { type WindowId, windowOf } from "#src/domain/windows.ts";
import { encodeTotals } from "#src/wire/totals-codec.ts";

/** A counter as earlier versions stored it, field by field. */
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
  /** JSON: a list of counts. The oldest have no such column. */
  readonly tenths?: string | null;
}

const pageSize = 1_000;
/** Nothing has expired by then. */
const unexpired = 0 as EpochMs;

/** Moves the counters of an earlier version into the table of today's: part of a transaction. */
export function moveEarlierCounters(db: DatabaseSync): void {
  const select = db.prepare(`SELECT * FROM counters WHERE key > ? ORDER BY key LIMIT ${pageSize}`);
  const insert = db.prepare("INSERT INTO totals VALUES (?, ?, ?)");
  for (let rows = pageOf(select.all("")); rows.length > 0; rows = pageOf(select.all(rows.at(-1)?.key ?? "")))
    for (const row of rows) insert.run(row.key, row.epoch, encodeTotals(toTotals(row), unexpired));
  db.exec("DROP TABLE counters");
}

const pageOf = (rows: unknown): readonly CounterRow[] => rows as readonly CounterRow[];

function toTotals(row: CounterRow): Totals {
  return {
    plays: row.plays,
    unqualified: row.unqualified,
    listenedMs: row.listened_ms,
    completes: row.completes,
    skips: row.skips,
    ratingSum: row.rating_sum,
    ratingCount: row.rating_count,
    tenths: row.tenths ? (JSON.parse(row.tenths) as number[]) : noTotals.tenths,
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
