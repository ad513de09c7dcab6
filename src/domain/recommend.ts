import { favouriteArtist, type Profile } from "./profile.ts";

/** A song of a published list, as the recommender sees it. */
export interface TrendingSong {
  readonly id: string;
  readonly artist: string;
  readonly title: string;
  /** Where it stands in the list it comes from, from 1. */
  readonly rank: number;
  /** The list it comes from. */
  readonly window: "hot" | "all";
}

/** The lists that the Recommendation stage publishes: what is hot, then the all-time chart for the rest. */
export interface Trending {
  readonly songs: readonly TrendingSong[];
}

/** How many songs a listener is recommended unless asked otherwise. */
export const recommendedSongs = 5;

/**
 * The first `k` songs, in the order of `songs`, that the listener has not heard and that are not by the favourite
 * artist (whole names compared: who loves "Queen" may well be shown "Queensrÿche").
 */
export function recommend<S extends Pick<TrendingSong, "id" | "artist">>(
  profile: Profile,
  songs: readonly S[],
  k: number = recommendedSongs,
): readonly S[] {
  const favourite = favouriteArtist(profile);
  const picks: S[] = [];
  for (const song of songs) {
    if (picks.length >= k) break;
    const isKnown = (profile.heard as ReadonlySet<string>).has(song.id);
    if (!isKnown && song.artist !== favourite) picks.push(song);
  }
  return picks;
}
