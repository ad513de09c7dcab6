import { CorruptStoreError } from "../domain/errors.ts";
import type { ArtistName, EpochMs, TrackId, UserId } from "../domain/play.ts";
import type { ListenerFigures, RecentPlay } from "../domain/profile.ts";

/** `encodeProfile`'s versions are others: a store tells by it whether it has a whole profile before it. */
const version = 2;

/** The small part of a profile, which is written with each fold: its figures, and plays that are nowhere else. */
export interface HeadContents {
  readonly figures: ListenerFigures;
  readonly plays: readonly RecentPlay[];
  /** What the store has to know of the rest; JSON. */
  readonly layers: readonly (number | readonly number[])[];
}

type Columns = readonly [
  version: number,
  layers: HeadContents["layers"],
  figures: readonly [
    userId: string,
    plays: number,
    unqualified: number,
    listenedMs: number,
    completes: number,
    skips: number,
    firstHeardAt: number,
  ],
  plays: PlayColumns,
];

/** Column by column, as a profile; times are differences, an artist who was there before is the place where. */
type PlayColumns = readonly [
  trackIds: readonly string[],
  artists: readonly (string | number)[],
  titles: readonly string[],
  startedAt: readonly number[],
  listenedMs: readonly number[],
  flags: readonly number[],
];

const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/** As UTF-8 bytes. */
export function encodeHead({ figures, plays, layers }: HeadContents): Uint8Array {
  const { userId, unqualified, listenedMs, completes, skips, firstHeardAt } = figures;
  const sums = [userId, figures.plays, unqualified, listenedMs, completes, skips, firstHeardAt] as const;
  const columns: Columns = [version, layers, sums, columnsOf(plays)];
  return utf8.encode(JSON.stringify(columns));
}

/**
 * Reads `encodeHead`'s bytes; undefined where they are something else, such as a whole profile.
 *
 * @throws CorruptStoreError where they are nothing of ours
 */
export function decodeHead(body: Uint8Array): HeadContents | undefined {
  try {
    const columns = JSON.parse(strictUtf8.decode(body)) as Columns;
    if (columns[0] !== version) return undefined;
    const [, layers, [userId, plays, unqualified, listenedMs, completes, skips, firstHeardAt], rows] =
      columns;
    const figures = { plays, unqualified, listenedMs, completes, skips };
    return {
      figures: { userId: userId as UserId, ...figures, firstHeardAt: firstHeardAt as EpochMs },
      plays: playsFrom(rows),
      layers,
    };
  } catch (cause) {
    throw new CorruptStoreError(`a profile's head of ${body.length} bytes cannot be decoded`, { cause });
  }
}

/** Some plays of a listener as UTF-8 bytes. */
export const encodePlays = (plays: readonly RecentPlay[]): Uint8Array =>
  utf8.encode(JSON.stringify(columnsOf(plays)));

/** @throws CorruptStoreError where they are not `encodePlays`' */
export function decodePlays(body: Uint8Array): readonly RecentPlay[] {
  try {
    return playsFrom(JSON.parse(strictUtf8.decode(body)) as PlayColumns);
  } catch (cause) {
    throw new CorruptStoreError(`plays of ${body.length} bytes cannot be decoded`, { cause });
  }
}

function columnsOf(plays: readonly RecentPlay[]): PlayColumns {
  const places = new Map<string, number>();
  return [
    plays.map(({ trackId }) => trackId),
    plays.map(({ artist }, i) => {
      const place = places.get(artist);
      if (place === undefined) places.set(artist, i);
      return place ?? artist;
    }),
    plays.map(({ title }) => title),
    plays.map(({ startedAt }, i) => startedAt - (plays[i - 1]?.startedAt ?? 0)),
    plays.map(({ listenedMs }) => listenedMs),
    plays.map(({ flags }) => flags),
  ];
}

function playsFrom([trackIds, artists, titles, starts, listenedMs, flags]: PlayColumns): RecentPlay[] {
  let startedAt = 0;
  return trackIds.map((trackId, i) => {
    startedAt += starts[i] ?? 0;
    const artist = artists[i] ?? "";
    return {
      trackId: trackId as TrackId,
      artist: (typeof artist === "number" ? artists[artist] : artist) as ArtistName,
      title: titles[i] ?? "",
      startedAt: startedAt as EpochMs,
      listenedMs: listenedMs[i] ?? 0,
      flags: flags[i] ?? 0,
    };
  });
}
