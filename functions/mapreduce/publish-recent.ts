import { type EpochNumber, isWrittenIn } from "#src/domain/epoch.ts";
import type { UserId } from "#src/domain/play.ts";
import { enterFeed, noFeed } from "#src/domain/recent-feed.ts";
import type { SamplePlay } from "#src/domain/segment.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import { decodeRecent, encodeRecent, recentKey } from "#src/wire/recent-codec.ts";

/**
 * Puts an epoch's newest plays into the feed of recent plays. Doing it again changes nothing.
 *
 * @throws StaleEpochError where a later epoch has published the feed
 */
export async function publishRecent(
  publications: PublicationStore,
  epoch: EpochNumber,
  newest: readonly SamplePlay[],
): Promise<void> {
  if (newest.length === 0) return;
  const published = await publications.read(recentKey);
  if (isWrittenIn(epoch, recentKey, published)) return;
  const feed = published === undefined ? noFeed : decodeRecent(published.body);
  const next = enterFeed(feed, epoch, newest);
  if (next !== feed) await publications.write(recentKey, { epoch, body: encodeRecent(next) });
}

/** Takes a listener out of the feed. Doing it again changes nothing. */
export async function forgetRecentPlays(
  publications: PublicationStore,
  epoch: EpochNumber,
  userId: UserId,
): Promise<void> {
  const published = await publications.read(recentKey);
  if (published === undefined || published.epoch >= epoch) return;
  const { plays } = decodeRecent(published.body);
  const others = plays.filter(({ play }) => play.userId !== userId);
  if (others.length === plays.length) return;
  await publications.write(recentKey, { epoch, body: encodeRecent({ plays: others, rewrittenIn: epoch }) });
}
