import type { RecentPlayView } from "#src/wire/recent-feed.ts";

let made = 0;

/** A play of the feed; a test says what it is about. */
export function aRecentPlay(
  overrides: Partial<Omit<RecentPlayView, "track">> & {
    readonly track?: Partial<RecentPlayView["track"]>;
  } = {},
): RecentPlayView {
  made += 1;
  return {
    key: `1-${made}`,
    started_at: 1_000_000,
    arrived_at: 1_000_500,
    listened_ms: 120_000,
    qualified: true,
    completed: false,
    skipped: false,
    ...overrides,
    track: { id: "t1", artist: "Coldplay", title: "Yellow", ...overrides.track },
  };
}
