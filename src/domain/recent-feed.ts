import type { EpochNumber } from "./epoch.ts";
import type { SamplePlay } from "./segment.ts";
import { compareUtf8 } from "./utf8-order.ts";

/** A play of the feed of recent plays. */
export interface RecentPlay extends SamplePlay {
  /** Its name in the feed, such as `41-3`; it names neither the listener nor the event. */
  readonly key: string;
  /** The epoch in which it came into the feed. */
  readonly epoch: EpochNumber;
}

/** A sample of the newest plays. */
export interface RecentFeed {
  /** In the order of `compareRecent`. */
  readonly plays: readonly RecentPlay[];
  /** The last epoch that took plays out, because their listener was forgotten; 0 where none did. */
  readonly rewrittenIn: EpochNumber | 0;
}

export const noFeed: RecentFeed = { plays: [], rewrittenIn: 0 };

/** How many plays the feed keeps. */
export const feedSize = 100;
/** How many come in with an epoch at most: nobody reads faster, and a delta stays small. */
const mostEntering = 20;

/** Those of an epoch's plays that may come into the feed: the newest of both. */
export function newestOf(a: readonly SamplePlay[], b: readonly SamplePlay[]): readonly SamplePlay[] {
  return [...a, ...b].sort(compareSample).slice(0, mostEntering);
}

/**
 * The feed with an epoch's newest plays in it; the same one where all of them are older than what it keeps.
 *
 * @param entering as `newestOf` left them
 */
export function enterFeed(feed: RecentFeed, epoch: EpochNumber, entering: readonly SamplePlay[]): RecentFeed {
  const named = entering.map(({ play, arrivedAt }, n) => ({ key: `${epoch}-${n}`, epoch, play, arrivedAt }));
  const plays = [...feed.plays, ...named].sort(compareRecent).slice(0, feedSize);
  return plays.some((play) => play.epoch === epoch) ? { ...feed, plays } : feed;
}

/** Newest first: by start, then by arrival, then by key. */
export const compareRecent = (a: RecentPlay, b: RecentPlay): number =>
  compareTimes(a, b) || compareUtf8(a.key, b.key);

const compareSample = (a: SamplePlay, b: SamplePlay): number =>
  compareTimes(a, b) ||
  compareUtf8(a.play.eventId, b.play.eventId) ||
  compareUtf8(a.play.userId, b.play.userId);

const compareTimes = (a: SamplePlay, b: SamplePlay): number =>
  b.play.startedAt - a.play.startedAt || b.arrivedAt - a.arrivedAt;
