import type { Dimension } from "../domain/counter.ts";
import type { DimensionTopsState, SongName } from "../domain/dimension-tops.ts";
import type { EpochMs } from "../domain/play.ts";
import type { PublicationKey } from "../domain/publication-key.ts";
import type { Monitored, SpaceSavingState } from "../domain/space-saving.ts";
import { check, checkCount, checkText, readPublication } from "./publication-body.ts";

export const topsKey = (dimension: Dimension): PublicationKey => `TOPS#${dimension}` as PublicationKey;

/** The most played songs of each value of a dimension on a day, as of the epoch that published them. */
export interface TopsDocument {
  /** The UTC day's start. */
  readonly day: EpochMs;
  /** The clock of the epoch up to which plays are left out; undefined where none are. */
  readonly since: EpochMs | undefined;
  /** The clock of the epoch up to which plays are in. */
  readonly now: EpochMs;
  readonly tops: DimensionTopsState;
}

/** Rows instead of objects: a document has up to 2,000 songs. */
type SongRow = [id: string, title: string, artist: string, count: number, error: number];
type ValueRow = [value: string, count: number, error: number, total: number, floor: number, songs: SongRow[]];

export function encodeTops({ day, since, now, tops: { values, songs } }: TopsDocument): string {
  const rows = values.monitored.map(({ id, count, error }): ValueRow => {
    const { total, floor, monitored } = songs.get(id) ?? { total: 0, floor: error, monitored: [] };
    return [id, count, error, total, floor, monitored.map(songRow)];
  });
  const { total, floor } = values;
  return JSON.stringify({ day, since: since ?? null, now, total, floor, values: rows });
}

/** @throws CorruptStoreError */
export function decodeTops(key: PublicationKey, body: string): TopsDocument {
  return readPublication(key, body, (json) => {
    const { since, values } = json;
    check(Array.isArray(values), "values", values);
    const songs = new Map<string, SpaceSavingState<SongName>>();
    const monitored = values.map((row: unknown): Monitored<undefined> => {
      check(Array.isArray(row) && Array.isArray(row[5]), "value", row);
      const id = checkText("value", row[0]);
      const state = { total: checkCount("total", row[3]), floor: checkCount("floor", row[4]) };
      songs.set(id, { ...state, monitored: row[5].map(songOf) });
      return { id, label: undefined, count: checkCount("count", row[1]), error: checkCount("error", row[2]) };
    });
    const state = { total: checkCount("total", json["total"]), floor: checkCount("floor", json["floor"]) };
    return {
      day: checkCount("day", json["day"]) as EpochMs,
      since: since === null ? undefined : (checkCount("since", since) as EpochMs),
      now: checkCount("now", json["now"]) as EpochMs,
      tops: { values: { ...state, monitored }, songs },
    };
  });
}

const songRow = ({ id, label: { title, artist }, count, error }: Monitored<SongName>): SongRow => [
  ...([id, title, artist, count, error] as const),
];

function songOf(row: unknown): Monitored<SongName> {
  check(Array.isArray(row), "song", row);
  const [id, title, artist, count, error] = row;
  return {
    id: checkText("id", id),
    label: { title: checkText("title", title), artist: checkText("artist", artist) },
    count: checkCount("count", count),
    error: checkCount("error", error),
  };
}
