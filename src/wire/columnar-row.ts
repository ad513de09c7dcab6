import { type Column, type ColumnarBlock, decodeColumnarBlock } from "./columnar-decoder.ts";
import { idBytes } from "./columnar-format.ts";

const hexDigits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The event id of a row. */
export function eventIdOf({ ids, idAt, texts, columns }: ColumnarBlock, row: number): string {
  const text = columns.id[row] ?? 0;
  if (text !== 0) return texts[text] ?? "";
  const start = idAt?.[row] ?? row * idBytes;
  let id = "";
  for (let i = start; i < start + idBytes; i++) id += hexDigits[ids[i] ?? 0];
  return id;
}

/** What a row means: one play as a line of JSON, whether it is valid or not. */
export function columnarRow(block: ColumnarBlock, row: number): string {
  const { columns, tracks, texts, rests } = block;
  const text = (column: Column, at: number): string | undefined => {
    const number = column[at] ?? 0;
    return number === 0 ? undefined : texts[number];
  };
  const value = (column: Column): number | undefined => {
    const plusOne = column[row] ?? 0;
    return plusOne === 0 ? undefined : plusOne - 1;
  };
  const track = columns.track[row] ?? 0;
  const rating = value(columns.rating);
  const geo = { country: text(columns.country, row), city: text(columns.city, row) };
  return JSON.stringify({
    schema: "play.v1",
    event_id: eventIdOf(block, row),
    user_id: text(columns.user, row),
    track: {
      id: text(tracks.id, track),
      artist: text(tracks.artist, track),
      title: text(tracks.title, track),
      album: text(tracks.album, track),
      genre: text(tracks.genre, track),
      duration_ms: value(columns.duration),
    },
    started_at: columns.startedAt[row],
    ms_played: value(columns.played),
    end_reason: text(columns.endReason, row),
    rating: rating === undefined ? undefined : rating / 100,
    mood: text(columns.mood, row),
    platform: text(columns.platform, row),
    geo: geo.country === undefined && geo.city === undefined ? undefined : geo,
    session_id: text(columns.session, row),
    device_id: text(columns.device, row),
    client: text(columns.client, row),
    tz: text(columns.tz, row),
    dedupe: text(columns.dedupe, row),
    ...rests.get(columns.rest[row] ?? 0),
  });
}

/** All rows, a line each; undefined where the bytes are no block, or expand to more than `maxBytes`. */
export function columnarLines(data: Uint8Array, maxBytes: number): string | undefined {
  const block = decodeColumnarBlock(data, maxBytes);
  if (!block.ok) return undefined;
  return Array.from({ length: block.value.rows }, (_, row) => `${columnarRow(block.value, row)}\n`).join("");
}
