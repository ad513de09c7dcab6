import { chartedCounters } from "#src/domain/charted-counters.ts";
import type { Counter } from "#src/domain/counter.ts";
import type { EpochNumber, EpochRecord } from "#src/domain/epoch.ts";
import { StoreError } from "#src/domain/errors.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { PublicationKey } from "#src/domain/publication-key.ts";
import { allTime, hourMs, type WindowId, windowOf, windowShares } from "#src/domain/windows.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { CounterStore } from "#src/ports/counter-store.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { Logger } from "#src/ports/logger.ts";
import type { ProfileStore, StoredProfile } from "#src/ports/profile-store.ts";
import type { Publication, PublicationStore } from "#src/ports/publication-store.ts";
import { chartKey } from "#src/wire/chart-codec.ts";
import { decodeProfile, encodeProfile } from "#src/wire/profile-codec.ts";
import { FoldedProfiles } from "./folded-profiles.ts";
import type { StoreSnapshot } from "./store-snapshot.ts";

export interface LockedSnapshotDeps {
  readonly epochs: EpochLog;
  readonly counters: CounterStore;
  readonly profiles: ProfileStore;
  readonly publications: PublicationStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Resolves after so many ms. */
  readonly pause: (ms: number) => Promise<unknown>;
  /** As plan's: a lease that ends later than plan would have it is void. */
  readonly leaseMs: number;
}

/** Where plays never stop, a run holds the lease but for some 50 ms between two epochs; a try that is refused is one write. */
const busyPauseMs = 50;
/** An open epoch is worked on for seconds, or waits up to a minute for the schedule. */
const openPauseMs = 1_000;
/** How many charts are read at the same time. */
const chartsAtOnce = 32;

/**
 * Reads all of the stores while `owner` holds the epochs' lease, into memory: 1.1 KB a counter with a few open windows (about
 * 16 KB one that is played every hour), 1.1 KB a profile of 21 plays. Plays that arrive meanwhile wait in segments. An epoch
 * that began all the same (the lease ran out) has it read again.
 *
 * @param mayWait asked before each wait for the lease or for the end of an open epoch
 * @throws StoreError where it may not wait any more
 */
export async function takeLockedSnapshot(
  deps: LockedSnapshotDeps,
  owner: string,
  mayWait: () => boolean,
): Promise<StoreSnapshot> {
  for (;;) {
    const latest = await deps.epochs.latest();
    const snapshot = latest?.status === "open" ? undefined : await readLocked(deps, owner, latest?.epoch);
    if (snapshot !== undefined) return snapshot;
    if (!mayWait()) throw new StoreError(`the stores were never at rest: ${reasonOf(latest)}`);
    await deps.pause(latest?.status === "open" ? openPauseMs : busyPauseMs);
  }
}

const reasonOf = (latest: EpochRecord | undefined): string =>
  latest?.status === "open" ? `epoch ${latest.epoch} is open` : "other runs held the lease";

/** The stores after `epoch`; undefined where the lease is taken, or another epoch began before they were read. */
async function readLocked(
  deps: LockedSnapshotDeps,
  owner: string,
  epoch: EpochNumber | undefined,
): Promise<StoreSnapshot | undefined> {
  const takenAt = deps.clock();
  if (!(await deps.epochs.acquireLease(owner, takenAt, deps.leaseMs))) return undefined;
  try {
    const record = await deps.epochs.latest();
    if (record?.epoch !== epoch) return undefined;
    const snapshot = await MemorySnapshot.read(deps, record);
    const after = await deps.epochs.latest();
    const heldMs = deps.clock() - takenAt;
    if (after?.epoch === epoch) {
      deps.logger.info("the stores were read", { epoch, heldMs, ...snapshot.sizes() });
      return snapshot;
    }
    deps.logger.warn("an epoch began while the stores were read", { epoch: after?.epoch, heldMs });
    return undefined;
  } finally {
    await deps.epochs.releaseLease(owner);
  }
}

interface EncodedProfile {
  readonly epoch: EpochNumber;
  /** It takes less room than a profile with its collections. */
  readonly body: Uint8Array;
}

class MemorySnapshot implements StoreSnapshot {
  readonly record: EpochRecord | undefined;
  readonly folded: FoldedProfiles | undefined;
  readonly first: EpochRecord | undefined;
  readonly #counters: Counter[] = [];
  readonly #profiles: EncodedProfile[] = [];
  readonly #publications = new Map<PublicationKey, Publication>();

  private constructor(
    record: EpochRecord | undefined,
    folded: FoldedProfiles | undefined,
    first: EpochRecord | undefined,
  ) {
    this.record = record;
    this.folded = folded;
    this.first = first;
  }

  static async read(
    { epochs, counters, profiles, publications }: LockedSnapshotDeps,
    record: EpochRecord | undefined,
  ): Promise<MemorySnapshot> {
    const folded = record && (await FoldedProfiles.of(epochs, record));
    const snapshot = new MemorySnapshot(record, folded, await epochs.read(1 as EpochNumber));
    if (record === undefined) return snapshot;
    for await (const counter of counters.list("")) snapshot.#counters.push(counter);
    for await (const { epoch, profile } of profiles.list())
      snapshot.#profiles.push({ epoch, body: encodeProfile(profile) });
    const keys = chartKeys(record.now);
    for (let at = 0; at < keys.length; at += chartsAtOnce) {
      const some = keys.slice(at, at + chartsAtOnce).map(async (key) => {
        const publication = await publications.read(key);
        if (publication !== undefined) snapshot.#publications.set(key, publication);
      });
      await Promise.all(some);
    }
    return snapshot;
  }

  sizes(): { readonly counters: number; readonly profiles: number } {
    return { counters: this.#counters.length, profiles: this.#profiles.length };
  }

  async *counters(): AsyncIterable<Counter> {
    yield* this.#counters;
  }

  async *profiles(): AsyncIterable<StoredProfile> {
    yield* decoded(this.#profiles);
  }

  publication(key: PublicationKey): Promise<Publication | undefined> {
    return Promise.resolve(this.#publications.get(key));
  }
}

/** One at a time. */
function* decoded(profiles: readonly EncodedProfile[]): IterableIterator<StoredProfile> {
  for (const { epoch, body } of profiles) yield { epoch, profile: decodeProfile(body) };
}

/** Every chart of counters or listeners there may be at `now`: those of windows that have not expired. */
function chartKeys(now: EpochMs): readonly PublicationKey[] {
  const windows = new Set<WindowId>([allTime]);
  // A play may start an hour ahead, and clocks differ. Weeks expire last.
  for (let at = now + 2 * hourMs; ; at -= hourMs) {
    const kept = windowShares(at as EpochMs).filter(({ dropAt }) => dropAt > now);
    if (kept.length === 0) break;
    for (const { window } of kept) windows.add(window);
  }
  const ofCounters = chartedCounters.flatMap((charted) =>
    [...windows].flatMap((id) =>
      charted.windows.includes(windowOf(id)) ? [chartKey(charted.list, id)] : [],
    ),
  );
  return [...ofCounters, chartKey("listeners", allTime)];
}
