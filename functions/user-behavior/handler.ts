import type { ChartUpdate } from "#src/domain/chart.ts";
import { nominateListener } from "#src/domain/chart-candidates.ts";
import { type EpochRange, readCountedRange } from "#src/domain/counted-range.ts";
import {
  type EpochNumber,
  type EpochRecord,
  isWrittenIn,
  requireOpen,
  requireWorker,
  type StageFigures,
} from "#src/domain/epoch.ts";
import { StoreError } from "#src/domain/errors.ts";
import { ListenerFold } from "#src/domain/listener-fold.ts";
import type { EventId, UserId } from "#src/domain/play.ts";
import { addFigures, isForgotten, type ListenerFigures } from "#src/domain/profile.ts";
import { partOf } from "#src/domain/profile-fold.ts";
import type { ProfileDelta } from "#src/domain/profile-plays.ts";
import { slices } from "#src/domain/slices.ts";
import type { ClaimStore } from "#src/ports/claim-store.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { Metrics } from "#src/ports/metrics.ts";
import type { ProfileAddition, ProfileHead, ProfileStore } from "#src/ports/profile-store.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import { KnownNames } from "#src/wire/known-names.ts";
import { decodeSegment } from "#src/wire/segment-codec.ts";
import { decodeListenersShare, encodeListenersShare, shareKey } from "#src/wire/share-codec.ts";
import { correctProfiles } from "./correct-profiles.ts";
import { openListeners, writeListeners } from "./listeners-chart.ts";
import { type ProfileRange, rangeOf, segmentsBetween } from "./profile-range.ts";

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
  /** Which of the epoch's workers this is. @default the only one */
  readonly worker?: number;
}

/** Profiles are read, merged and written this many at a time. */
const sliceSize = 500;

/**
 * The UserBehavior stage: where profiles are due, merges what the plays since they were folded last add into each listener's
 * profile, once (I5), and keeps the chart of listeners by listened time. Where an epoch folds several parts, each worker has
 * one, and leaves what may change the chart for the step after them (listeners-handler.ts). Doing it again changes nothing.
 */
export function createUserBehaviorHandler(
  deps: UserBehaviorDeps,
): (input: UserBehaviorInput) => Promise<StageFigures> {
  return async ({ epoch, worker }) => {
    const record = requireOpen(epoch, await deps.epochs.read(epoch));
    if (record.correction !== undefined) return await correctProfiles(deps, record);
    const figures =
      (record.profiles?.folding ?? 1) > 1
        ? await foldShare(deps, record, worker)
        : await foldAll(deps, record);
    deps.metrics.record("UserBehaviorTime", figures["processingMs"] ?? 0, "Milliseconds");
    deps.metrics.record("Users", figures["users"] ?? 0);
    return figures;
  };
}

async function foldAll(deps: UserBehaviorDeps, record: EpochRecord): Promise<StageFigures> {
  const startedAt = deps.clock();
  const range = await rangeOf(deps.epochs, record, 0);
  if (range === undefined) return { processingMs: deps.clock() - startedAt, users: 0 };
  const chart = await openListeners(deps.publications);
  const users = await foldProfiles(deps, record.epoch, range, chart.update);
  await writeListeners(deps.publications, record.epoch, chart);
  return { processingMs: deps.clock() - startedAt, users };
}

/** What a worker leaves it writes last: whoever finds that of the epoch has nothing to do. */
async function foldShare(
  deps: UserBehaviorDeps,
  record: EpochRecord,
  named: number | undefined,
): Promise<StageFigures> {
  const startedAt = deps.clock();
  const { epoch, profiles } = record;
  const folding = profiles?.folding ?? 1;
  const worker = requireWorker(named, folding, `epoch ${epoch} folds ${folding} parts of profiles`);
  const range = await rangeOf(deps.epochs, record, worker);
  const key = shareKey("listeners", worker);
  const left = await deps.publications.read(key);
  if (range === undefined) return { processingMs: 0, users: 0 };
  if (left !== undefined && isWrittenIn(epoch, key, left))
    return decodeListenersShare(key, left.body).figures;
  const { update } = await openListeners(deps.publications);
  const users = await foldProfiles(deps, epoch, range, update);
  const figures = { processingMs: deps.clock() - startedAt, users };
  const body = encodeListenersShare({ candidates: update.offered(), figures });
  await deps.publications.write(key, { epoch, body });
  return figures;
}

/** Returns how many listeners there were, and offers them to the chart. */
async function foldProfiles(
  deps: UserBehaviorDeps,
  epoch: EpochNumber,
  range: ProfileRange,
  chart: Pick<ChartUpdate, "offer">,
): Promise<number> {
  const { part, parts } = range;
  const isOfPart = (user: UserId): boolean => partOf(user, parts) === part;
  const fold = await foldSegments(deps, range.segments, parts === 1 ? undefined : isOfPart);
  for (const deltas of slices(fold.deltas(), sliceSize)) {
    for (const figures of await applyDeltas(deps, epoch, range, deltas))
      chart.offer(nominateListener(figures));
  }
  return fold.size;
}

/** Reads every segment before anything is written: a gap throws here (I4). */
async function foldSegments(
  deps: UserBehaviorDeps,
  range: EpochRange,
  isWanted?: (user: UserId) => boolean,
): Promise<ListenerFold> {
  const fold = new ListenerFold(isWanted);
  const owners = (ids: readonly EventId[]) => deps.claims.read(ids); // MapReduce claims first
  const known = new KnownNames();
  const decode = (body: Uint8Array) => decodeSegment(body, known);
  for await (const contents of readCountedRange(range, deps.segments, decode, owners)) fold.add(contents);
  return fold;
}

/** Returns the figures of the listeners' profiles with the deltas in them, whoever put them there. */
async function applyDeltas(
  deps: UserBehaviorDeps,
  epoch: EpochNumber,
  range: ProfileRange,
  deltas: readonly ProfileDelta[],
): Promise<readonly ListenerFigures[]> {
  const store = deps.profiles;
  const heads = await store.heads(deltas.map((delta) => delta.userId));
  const figures: ListenerFigures[] = [];
  const additions: ProfileAddition[] = [];
  for (const all of deltas) {
    const head = heads.get(all.userId);
    if (head !== undefined && isDone(epoch, head)) {
      figures.push(head.figures);
      continue;
    }
    const delta = isForgottenSince(range, head) ? await deltaAfter(deps, range, head) : all;
    if (delta === undefined) continue;
    figures.push(head === undefined ? delta : addFigures(head.figures, delta));
    additions.push({ delta, head });
  }
  const refused = await store.add(epoch, additions);
  if (refused.length > 0) await expectDone(store, epoch, refused);
  return figures;
}

/** Whether a listener was forgotten while plays that are folded now were waiting: only corrections leave empty profiles. */
const isForgottenSince = ({ after }: ProfileRange, head: ProfileHead | undefined): head is ProfileHead =>
  head !== undefined && isForgotten(head.figures) && head.epoch > after;

/** What a forgotten listener has played since; undefined for nothing. What waited before the correction never was. */
async function deltaAfter(
  deps: UserBehaviorDeps,
  { upTo }: ProfileRange,
  { epoch: correction, figures: { userId } }: ProfileHead,
): Promise<ProfileDelta | undefined> {
  if (correction >= upTo) return undefined;
  const segments = await segmentsBetween(deps.epochs, correction, upTo);
  const fold = await foldSegments(deps, segments, (user) => user === userId);
  return [...fold.deltas()][0];
}

/** A refused write means that another run of this epoch was faster; it wrote the same. */
async function expectDone(
  store: ProfileStore,
  epoch: EpochNumber,
  refused: readonly UserId[],
): Promise<void> {
  const stored = await store.heads(refused);
  for (const user of refused) {
    const now = stored.get(user);
    if (now === undefined || !isDone(epoch, now)) {
      throw new StoreError(`a profile changed while epoch ${epoch} was written`);
    }
  }
}

const isDone = (epoch: EpochNumber, stored: ProfileHead): boolean => isWrittenIn(epoch, "a profile", stored);
