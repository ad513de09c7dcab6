import { judge } from "../domain/play.ts";
import { feedSize, type RecentPlay } from "../domain/recent-feed.ts";
import { compareUtf8 } from "../domain/utf8-order.ts";

/**
 * A play of the feed as anybody may see it. Times are epoch ms. Neither the listener is in it nor the event's id: a derived
 * one is a hash that can be found again by trying listeners, and a producer may build its own out of the listener's.
 */
export interface RecentPlayView {
  /** Tells it from the others of the feed. */
  readonly key: string;
  readonly track: {
    readonly id: string;
    readonly artist: string;
    readonly title: string;
    readonly genre?: string;
  };
  readonly started_at: number;
  readonly arrived_at: number;
  readonly listened_ms: number;
  readonly duration_ms?: number;
  readonly ms_played?: number;
  /** Share of the duration that was played, 0 to 1, to 3 decimals. */
  readonly pct?: number;
  readonly qualified: boolean;
  readonly completed: boolean;
  readonly skipped: boolean;
  readonly rating?: number;
  readonly mood?: string;
  readonly platform?: string;
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
  readonly city?: string;
}

export function viewRecent({ key, arrivedAt, play }: RecentPlay): RecentPlayView {
  const { track, msPlayed, rating, mood, platform, geo } = play;
  const { listenedMs, qualified, completed, skipped, pct } = judge(play);
  return {
    key,
    track: {
      ...{ id: track.id, artist: track.artist, title: track.title ?? "" },
      ...(track.genre !== undefined && { genre: track.genre }),
    },
    started_at: play.startedAt,
    arrived_at: arrivedAt,
    listened_ms: listenedMs,
    ...(track.durationMs !== undefined && { duration_ms: track.durationMs }),
    ...(msPlayed !== undefined && { ms_played: msPlayed }),
    ...(pct !== undefined && { pct: Math.round(pct * 1000) / 1000 }),
    ...{ qualified, completed, skipped },
    ...(rating !== undefined && { rating }),
    ...(mood !== undefined && { mood }),
    ...(platform !== undefined && { platform }),
    ...(geo?.country !== undefined && { country: geo.country }),
    ...(geo?.city !== undefined && { city: geo.city }),
  };
}

/** The newest plays of a feed of `total`: all of them, or as many as a frame holds. */
export interface ShownFeed {
  readonly total: number;
  /** Newest first. */
  readonly entries: readonly RecentPlayView[];
}

/** What came into a feed, which has `total` plays now. */
export interface RecentChange {
  readonly total: number;
  readonly enter: readonly RecentPlayView[];
}

/**
 * What is shown of a feed after a change: again its newest plays, without a hole. Where only the first of them are held,
 * what enters behind the last of these is left out, because something that is not held may lie in between.
 */
export function applyRecentDelta(held: ShownFeed, { total, enter }: RecentChange): ShownFeed {
  const last = held.entries.at(-1);
  const isWhole = held.entries.length >= held.total;
  const known = enter.filter((play) => isWhole || (last !== undefined && compareViews(play, last) < 0));
  const plays = new Map([...held.entries, ...known].map((play) => [play.key, play]));
  return { total, entries: [...plays.values()].sort(compareViews).slice(0, Math.min(total, feedSize)) };
}

/** The order of `compareRecent`. */
const compareViews = (a: RecentPlayView, b: RecentPlayView): number =>
  b.started_at - a.started_at || b.arrived_at - a.arrived_at || compareUtf8(a.key, b.key);
