import type { Play } from "#src/domain/play.ts";
import { compareUtf8 } from "#src/domain/utf8-order.ts";

/** How many plays the feed keeps. */
const feedSize = 100;

/** The newest plays of both, newest first; of one event id only one. */
export function mergeRecent(a: readonly Play[], b: readonly Play[]): readonly Play[] {
  const plays = new Map([...a, ...b].map((play) => [play.eventId, play]));
  return [...plays.values()]
    .sort((x, y) => y.startedAt - x.startedAt || compareUtf8(x.eventId, y.eventId))
    .slice(0, feedSize);
}
