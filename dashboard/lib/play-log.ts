import type { RecentPlayView } from "#src/wire/recent-feed.ts";
import { comparePlays } from "./play-columns.ts";

/** So many plays are held while the page is open. */
export const mostPlays = 500;

/**
 * The plays that are held once those of the feed have come: what has left the feed stays until there are too many.
 *
 * @returns the newest first
 */
export function mergePlays(
  held: readonly RecentPlayView[],
  feed: readonly RecentPlayView[],
): readonly RecentPlayView[] {
  const known = new Set(held.map(({ key }) => key));
  const entering = feed.filter(({ key }) => !known.has(key));
  if (entering.length === 0) return held;
  return [...held, ...entering].sort(comparePlays).slice(0, mostPlays);
}
