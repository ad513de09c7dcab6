import type { PublicationKey } from "../domain/publication-key.ts";
import type { Trending, TrendingSong } from "../domain/recommend.ts";
import { check, checkCount, checkText, readPublication } from "./publication-body.ts";

export const trendingKey = "TRENDING" as PublicationKey;

/** A song is an array to spare its names. */
type SongRow = [id: string, artist: string, title: string, rank: number, window: TrendingSong["window"]];

export function encodeTrending(trending: Trending): string {
  const songs = trending.songs.map(
    (song): SongRow => [song.id, song.artist, song.title, song.rank, song.window],
  );
  return JSON.stringify({ songs });
}

/** @throws CorruptStoreError */
export function decodeTrending(body: string): Trending {
  return readPublication(trendingKey, body, (json) => {
    const songs = json["songs"];
    check(Array.isArray(songs), "songs", songs);
    return { songs: songs.map(decodeSong) };
  });
}

function decodeSong(row: unknown): TrendingSong {
  check(Array.isArray(row), "song", row);
  const [id, artist, title, rank, window] = row;
  check(window === "hot" || window === "all", "window", window);
  return {
    id: checkText("id", id),
    artist: checkText("artist", artist),
    title: checkText("title", title),
    rank: checkCount("rank", rank),
    window,
  };
}
