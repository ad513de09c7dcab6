import { draftChart } from "#src/domain/chart.ts";
import { nominateListener } from "#src/domain/chart-candidates.ts";
import { readCounted } from "#src/domain/claimed-plays.ts";
import {
  type EpochNumber,
  type EpochRecord,
  isWrittenIn,
  requireOpen,
  type StageFigures,
} from "#src/domain/epoch.ts";
import { CorruptStoreError, StoreError } from "#src/domain/errors.ts";
import { ListenerFold } from "#src/domain/listener-fold.ts";
import type { EventId } from "#src/domain/play.ts";
import { addProfiles, type Profile } from "#src/domain/profile.ts";
import { allTime } from "#src/domain/windows.ts";
import type { ClaimStore } from "#src/ports/claim-store.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { Metrics } from "#src/ports/metrics.ts";
import type { ProfileStore, ProfileWrite, StoredProfile } from "#src/ports/profile-store.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import { chartKey, decodeChart, encodeChart } from "#src/wire/chart-codec.ts";
import { decodeSegment } from "#src/wire/segment-codec.ts";
import { correctProfiles } from "./correct-profiles.ts";

export interface UserBehaviorDeps {
  readonly epochs: EpochLog;
  readonly segments: SegmentStore;
  readonly claims: Pick<ClaimStore, "read">;
  readonly profiles: ProfileStore;
  readonly publications: PublicationStore;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

export interface UserBehaviorInput {
  readonly epoch: EpochNumber;
}

/** Profiles are read, merged and written this many at a time. */
const sliceSize = 500;

/**
 * The UserBehavior stage: merges what an epoch's plays add into each listener's profile, once (I5), and keeps the chart
 * of listeners by listened time. Doing it again changes nothing.
 */
export function createUserBehaviorHandler(
  deps: UserBehaviorDeps,
): (input: UserBehaviorInput) => Promise<StageFigures> {
  return async ({ epoch }) => {
    const startedAt = deps.clock();
    const record = requireOpen(epoch, await deps.epochs.read(epoch));
    if (record.correction !== undefined) return await correctProfiles(deps, record);
    const fold = await foldSegments(deps, record);
    const key = chartKey("listeners", allTime);
    const published = await deps.publications.read(key);
    const chart = draftChart("listeners", allTime, published && decodeChart(published.body, key));
    for (const deltas of slices(fold.deltas(), sliceSize)) {
      const profiles = await applyDeltas(deps.profiles, epoch, deltas);
      for (const profile of profiles) chart.update.offer(nominateListener(profile));
    }
    const next = chart.finish(epoch);
    if (next !== undefined) await deps.publications.write(key, { epoch, body: encodeChart(next) });
    const figures = { processingMs: deps.clock() - startedAt, users: fold.size };
    deps.metrics.record("UserBehaviorTime", figures.processingMs, "Milliseconds");
    deps.metrics.record("Users", figures.users);
    return figures;
  };
}

/** Reads every segment of the epoch before anything is written: a gap throws here (I4). */
async function foldSegments(deps: UserBehaviorDeps, record: EpochRecord): Promise<ListenerFold> {
  const fold = new ListenerFold();
  const claimed = (ids: readonly EventId[]) => claimedBy(deps.claims, record.epoch, ids);
  for await (const { contents } of readCounted(record, deps.segments, decodeSegment, claimed))
    fold.add(contents);
  return fold;
}

/** Those of the ids that MapReduce claimed for the epoch. */
async function claimedBy(
  claims: Pick<ClaimStore, "read">,
  epoch: EpochNumber,
  ids: readonly EventId[],
): Promise<ReadonlySet<EventId>> {
  const owners = await claims.read(ids);
  const lost = ids.find((id) => !owners.has(id));
  if (lost !== undefined) throw new CorruptStoreError(`nobody claims event ${lost} of epoch ${epoch}`);
  return new Set(ids.filter((id) => owners.get(id) === epoch));
}

/** Returns the listeners' profiles with the epoch in them, whoever put it there. */
async function applyDeltas(
  store: ProfileStore,
  epoch: EpochNumber,
  deltas: readonly Profile[],
): Promise<readonly Profile[]> {
  const users = deltas.map((delta) => delta.userId);
  const stored = await store.read(users);
  const profiles: Profile[] = [];
  const writes: ProfileWrite[] = [];
  for (const delta of deltas) {
    const before = stored.get(delta.userId);
    if (before !== undefined && isDone(epoch, before)) {
      profiles.push(before.profile);
      continue;
    }
    const profile = before === undefined ? delta : addProfiles(before.profile, delta);
    profiles.push(profile);
    writes.push({ profile, epochRead: before?.epoch });
  }
  const refused = await store.write(epoch, writes);
  if (refused.length > 0) await expectDone(store, epoch, refused);
  return profiles;
}

/** A refused write means that another run of this epoch was faster; it wrote the same. */
async function expectDone(
  store: ProfileStore,
  epoch: EpochNumber,
  refused: readonly Profile["userId"][],
): Promise<void> {
  const stored = await store.read(refused);
  for (const user of refused) {
    const now = stored.get(user);
    if (now === undefined || !isDone(epoch, now)) {
      throw new StoreError(`a profile changed while epoch ${epoch} was written`);
    }
  }
}

const isDone = (epoch: EpochNumber, stored: StoredProfile): boolean =>
  isWrittenIn(epoch, "a profile", stored);

function* slices<T>(items: Iterable<T>, size: number): IterableIterator<readonly T[]> {
  let slice: T[] = [];
  for (const item of items) {
    if (slice.push(item) < size) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}
