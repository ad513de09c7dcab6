import type { EpochRecord } from "#src/domain/epoch.ts";
import { noFeed } from "#src/domain/recent-feed.ts";
import { utf8Length } from "#src/wire/play-codec.ts";
import { encodeRecentDelta, encodeRecentSnapshot } from "#src/wire/push-protocol.ts";
import { decodeRecent, recentKey } from "#src/wire/recent-codec.ts";
import type { ChannelSources, ChannelState } from "./channel-state.ts";

/** The feed of recent plays. Its versions are numbered by the epochs that changed it. */
export async function recentState(
  publications: ChannelSources["publications"],
  committed: EpochRecord,
  log: string,
): Promise<ChannelState> {
  const publication = await publications.read(recentKey);
  const { plays, rewrittenIn } = publication === undefined ? noFeed : decodeRecent(publication.body);
  const seq = publication?.epoch ?? 0;
  const { epoch, now } = committed;
  const head = { log, seq, epoch, now };
  const snapshot = encodeRecentSnapshot(head, plays);
  const deltaSince = (from: number): string | undefined => {
    if (from < rewrittenIn || from >= seq) return undefined; // a delta takes nothing out
    const enter = plays.filter((play) => play.epoch > from);
    const delta = encodeRecentDelta({ ...head, from, total: plays.length }, enter);
    return utf8Length(delta) < utf8Length(snapshot) ? delta : undefined;
  };
  return {
    version: { log, seq },
    changedIn: seq,
    encodeSnapshot: () => snapshot,
    readDeltas(held) {
      const delta = deltaSince(held);
      return Promise.resolve(delta === undefined ? undefined : [delta]);
    },
    readDeltaOf(wanted) {
      // Whoever has all that came before this epoch has the version before it, whichever number that has.
      const earlier = plays.filter((play) => play.epoch < wanted).map((play) => play.epoch);
      return Promise.resolve(deltaSince(Math.max(0, ...earlier, rewrittenIn)));
    },
  };
}
