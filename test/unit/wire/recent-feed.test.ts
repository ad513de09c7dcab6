import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { enterFeed, newestOf, noFeed, type RecentFeed } from "#src/domain/recent-feed.ts";
import { applyRecentDelta, type ShownFeed, viewRecent } from "#src/wire/recent-feed.ts";
import { aPlay, someTime } from "#test/support/builders.ts";
import { aFeed } from "#test/support/published.ts";

/** What each epoch brings: starts that often are the same, of now and of before. */
const someEpochs = fc.array(fc.array(fc.nat(150), { maxLength: 25 }), { minLength: 1, maxLength: 12 });

function feedsOf(epochs: readonly (readonly number[])[]): readonly RecentFeed[] {
  let feed = noFeed;
  return epochs.map((starts, index) => {
    const sample = starts.map((start) => ({
      play: aPlay({ startedAt: someTime + start }),
      arrivedAt: (someTime + start + (index % 2)) as EpochMs,
    }));
    feed = enterFeed(feed, (index + 1) as EpochNumber, newestOf([], sample));
    return feed;
  });
}

/** As many of its newest plays as a frame is said to hold. */
const shown = ({ plays }: RecentFeed, most: number): ShownFeed => ({
  total: plays.length,
  entries: plays.slice(0, most).map(viewRecent),
});

const deltaSince = ({ plays }: RecentFeed, epoch: number) => ({
  total: plays.length,
  enter: plays.filter((play) => play.epoch > epoch).map(viewRecent),
});

describe("following the feed of recent plays", () => {
  test("epoch by epoch, or all that was missed at once, shows what a new client is shown", () => {
    fc.assert(
      fc.property(someEpochs, fc.nat(), (epochs, from) => {
        const feeds = feedsOf(epochs);
        const first = from % feeds.length;
        const all = feeds.map((feed) => shown(feed, 100));
        let held = all[first] ?? { total: 0, entries: [] };
        const atOnce = applyRecentDelta(held, deltaSince(feeds.at(-1) ?? noFeed, first + 1));

        for (const [index, feed] of feeds.entries())
          if (index > first) held = applyRecentDelta(held, deltaSince(feed, index));

        expect(held).toEqual(all.at(-1));
        expect(atOnce).toEqual(all.at(-1));
      }),
    );
  });

  test("from a snapshot that a frame cut off shows the newest plays without a hole", () => {
    fc.assert(
      fc.property(someEpochs, fc.integer({ min: 1, max: 30 }), (epochs, most) => {
        const feeds = feedsOf([[1, 2, 3], ...epochs]);
        let held = shown(feeds[0] ?? noFeed, most);

        for (const [index, feed] of feeds.entries())
          if (index > 0) held = applyRecentDelta(held, deltaSince(feed, index));

        const whole = shown(feeds.at(-1) ?? noFeed, 100);
        expect(held.total).toBe(whole.total);
        expect(held.entries).toEqual(whole.entries.slice(0, held.entries.length));
        expect(held.entries.length).toBeGreaterThanOrEqual(Math.min(most, whole.entries.length, 3));
      }),
    );
  });

  test("takes a play that comes twice once", () => {
    const feed = shown(aFeed([aPlay(), aPlay()]), 100);

    expect(applyRecentDelta(feed, { total: 2, enter: feed.entries })).toEqual(feed);
  });
});

test("a play shows neither its listener nor its event, nor what ties plays together", () => {
  const secret = "secret";
  const play = aPlay({
    ...{ eventId: secret, userId: secret, sessionId: secret, deviceId: secret, client: secret, tz: secret },
    ...{ tags: [secret], ext: { a: secret } },
  });

  const views = aFeed([play]).plays.map(viewRecent);

  expect(JSON.stringify(views)).not.toContain(secret);
  expect(views).toEqual([
    {
      key: "1-0",
      track: { id: "track-1", artist: "Coldplay", title: "" },
      ...{ started_at: someTime, arrived_at: someTime + 1000, listened_ms: 0 },
      ...{ qualified: true, completed: false, skipped: false },
    },
  ]);
});
