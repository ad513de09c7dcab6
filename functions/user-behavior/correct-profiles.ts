import { draftChart, isExactWithout } from "#src/domain/chart.ts";
import { nominateListener } from "#src/domain/chart-candidates.ts";
import type { Correction } from "#src/domain/correction.ts";
import { type EpochRecord, isWrittenIn, type StageFigures } from "#src/domain/epoch.ts";
import { allTime } from "#src/domain/windows.ts";
import type { ProfileStore } from "#src/ports/profile-store.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import { chartKey, decodeChart, encodeChart } from "#src/wire/chart-codec.ts";
import { correctionKey, readCorrection } from "#src/wire/correction-codec.ts";
import { emptyListenersShare, shareKey } from "#src/wire/share-codec.ts";

export interface CorrectProfilesDeps {
  readonly profiles: ProfileStore;
  readonly publications: PublicationStore;
}

/**
 * UserBehavior's part of an epoch that corrects: empties the listener's profile and takes the listener out of the chart.
 * Doing it again changes nothing.
 */
export async function correctProfiles(deps: CorrectProfilesDeps, record: EpochRecord): Promise<StageFigures> {
  const correction = readCorrection(record, await deps.publications.read(correctionKey));
  // An empty one and not none: its guard keeps a late run of an earlier epoch from bringing the plays back (I5), and tells the
  // next fold that plays which were waiting for it up to this epoch never were.
  await deps.profiles.forget(record.epoch, correction.userId);
  await rebuildChart(deps, record, correction);
  await emptyShares(deps.publications, record);
  return { users: 1 };
}

/** What workers left in an earlier epoch names listeners. They are numbered from 0 without a gap. */
async function emptyShares(publications: PublicationStore, { epoch }: EpochRecord): Promise<void> {
  for (let worker = 0; ; worker++) {
    const key = shareKey("listeners", worker);
    const left = await publications.read(key);
    if (left === undefined) return;
    if (!isWrittenIn(epoch, key, left)) await publications.write(key, { epoch, body: emptyListenersShare });
  }
}

/** A chart that was full may take in anybody: then all profiles are read (I6). */
async function rebuildChart(
  { profiles, publications }: CorrectProfilesDeps,
  { epoch }: EpochRecord,
  { userId }: Correction,
): Promise<void> {
  const key = chartKey("listeners", allTime);
  const published = await publications.read(key);
  if (published === undefined || isWrittenIn(epoch, key, published)) return;
  const previous = decodeChart(published.body, key);
  const gone = new Set<string>([userId]);
  const chart = draftChart("listeners", allTime, previous, gone);
  if (!isExactWithout(previous.entries, gone)) {
    for await (const { profile } of profiles.list()) chart.update.offer(nominateListener(profile));
  }
  const next = chart.finish(epoch);
  if (next !== undefined) await publications.write(key, { epoch, body: encodeChart(next) });
}
