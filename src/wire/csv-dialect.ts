import type { EpochMs, Play } from "../domain/play.ts";
import type { Result } from "../domain/result.ts";
import { err, ok } from "../domain/result.ts";
import { decodePlay, type OrdinalOf, type Rejection, type Sha256Hex } from "./play-codec.ts";
import { showValue } from "./show-value.ts";

/** The five columns of the CSV dialect: listener, track id, artist, duration in seconds, ISO 8601 time. */
export const csvColumns = ["user_id", "song_id", "artist", "duration", "timestamp"] as const;
type CsvColumn = (typeof csvColumns)[number];

/** Where each column stands in a row. */
export interface CsvHeader extends Readonly<Record<CsvColumn, number>> {
  /** Fields in a row, columns that the dialect does not know included. */
  readonly width: number;
}

const columnOfField: Readonly<Record<string, CsvColumn>> = {
  "track.id": "song_id",
  "track.artist": "artist",
  "track.duration_ms": "duration",
  started_at: "timestamp",
};

/** Finds the columns by name, in any order and case; others may stand between them and are not read. */
export function readCsvHeader(fields: readonly string[]): Result<CsvHeader, Rejection> {
  const names = fields.map((field) => field.trim().toLowerCase());
  for (const column of csvColumns) {
    const count = names.filter((name) => name === column).length;
    if (count === 1) continue;
    const found = count === 0 ? `got ${showValue(fields.join(","))}` : `got ${column} ${count} times`;
    return err({ field: "header", reason: `expected the columns ${csvColumns.join(",")}, ${found}` });
  }
  return ok({
    user_id: names.indexOf("user_id"),
    song_id: names.indexOf("song_id"),
    artist: names.indexOf("artist"),
    duration: names.indexOf("duration"),
    timestamp: names.indexOf("timestamp"),
    width: fields.length,
  });
}

/** Seconds as decimal text in ms; NaN for anything else. */
function parseSeconds(text: string): number {
  return /^\s*\d{1,9}(?:\.\d{1,9})?\s*$/.test(text) ? Math.round(Number(text) * 1000) : Number.NaN;
}

function renamed(rejection: Rejection): Rejection {
  return { field: columnOfField[rejection.field] ?? rejection.field, reason: rejection.reason };
}

/** Makes a play of a row. Its duration is the track's; how long it was heard the dialect does not say. */
export function decodeCsvRow(
  header: CsvHeader,
  row: readonly string[],
  arrivedAt: EpochMs,
  sha256: Sha256Hex,
  ordinalOf?: OrdinalOf,
): Result<Play, Rejection> {
  if (row.length !== header.width) {
    return err({ field: "record", reason: `expected ${header.width} fields, got ${row.length}` });
  }
  const duration = row[header.duration] ?? "";
  const durationMs = parseSeconds(duration);
  if (!(durationMs > 0)) {
    return err({ field: "duration", reason: `expected seconds above 0, got ${showValue(duration)}` });
  }
  const json = {
    user_id: row[header.user_id],
    track: { id: row[header.song_id], artist: row[header.artist], duration_ms: durationMs },
    started_at: row[header.timestamp]?.trim(),
  };
  const decoded = decodePlay(json, arrivedAt, sha256, ordinalOf);
  return decoded.ok ? decoded : err(renamed(decoded.error));
}

const needsQuotes = /[",\r\n]/;
const csvField = (text: string): string =>
  needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** The line of the five columns, without its end; `startedAt` is the time as ISO 8601. */
export function encodeCsvRow(play: Play, startedAt: string): string {
  const { userId, track } = play;
  const seconds = (track.durationMs ?? 0) / 1000;
  return `${csvField(userId)},${csvField(track.id)},${csvField(track.artist)},${seconds},${startedAt}`;
}
