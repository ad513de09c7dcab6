import { type EpochNumber, type EpochRecord, rangesOf } from "#src/domain/epoch.ts";
import type { EpochMs, UserId } from "#src/domain/play.ts";
import type { ShardKey } from "#src/domain/position.ts";
import { isForgotten } from "#src/domain/profile.ts";
import type { Archive } from "#src/ports/archive.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { CounterStore } from "#src/ports/counter-store.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { ProfileStore } from "#src/ports/profile-store.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import type { TokenStore } from "#src/ports/token-store.ts";
import { CliError } from "../cli-error.ts";
import { correctionOf } from "./correction-of.ts";
import { EpochLease } from "./epoch-lease.ts";
import { ErasureScan } from "./erasure-scan.ts";
import { clearCorrection, planCorrection, readUnfinished, type Unfinished } from "./plan-correction.ts";
import { rewriteArchive } from "./rewrite-archive.ts";

export interface ForgetStores {
  readonly epochs: EpochLog;
  readonly counters: CounterStore;
  readonly profiles: ProfileStore;
  readonly publications: PublicationStore;
  readonly tokens: TokenStore;
}

export interface ForgetDeps {
  readonly stores: ForgetStores;
  readonly archive: Archive;
  readonly clock: Clock;
  /** How far apart two arrivals of one play are at most, ms. @default 600000 */
  readonly horizonMs?: number;
  /** Names this run; the lease is its own. */
  readonly owner: string;
  /** Resolves when an epoch that is open is committed. */
  readonly applied: (epoch: EpochNumber) => Promise<void>;
  /** Gives whoever works on the stores or on the archive so many ms. @throws CliError once that was long enough */
  readonly pause: (reason: string, ms: number) => Promise<void>;
  /** Runs `work` while nobody else writes to what is in the archive already. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
}

export interface Forgotten {
  /** The epoch that corrected the totals; undefined where nothing but tokens was left. */
  readonly epoch: EpochNumber | undefined;
  /** Records of the listener that are out of the archive. */
  readonly plays: number;
  readonly rejects: number;
  /** Counters that were corrected, sums over all songs aside. */
  readonly counters: number;
  /** Objects of the archive that were rewritten. */
  readonly objects: number;
  readonly tokens: number;
}

/** How often another epoch may come first: none does while the lease is held. */
const attempts = 5;
/** Where plays never stop, a run holds the lease but for some 50 ms between two epochs. */
const leasePauseMs = 50;
const archivePauseMs = 2_000;

/**
 * Makes a store and its archive such that the listener has never been: totals and charts by an epoch of its own, then the
 * archive, then tokens. Where it is cut off, doing it again finishes it, and until then nobody else can be forgotten: the
 * archive still has what totals do not. What the listener plays after the last committed
 * epoch counts, as a new listener's.
 *
 * @returns undefined where nothing is known of the listener
 * @throws CliError where the archive does not hold what is counted, or another listener is half forgotten
 */
export async function forgetListener(deps: ForgetDeps, userId: UserId): Promise<Forgotten | undefined> {
  const erased = await erasePlays(deps, userId);
  const tokens = await revokeTokens(deps.stores.tokens, userId); // also where a run before this one was cut off here
  if (erased === undefined && tokens === 0) return undefined;
  return { ...(erased ?? { epoch: undefined, plays: 0, rejects: 0, counters: 0, objects: 0 }), tokens };
}

/** Everything but tokens. Returns undefined where nothing is known of the listener. */
async function erasePlays(deps: ForgetDeps, userId: UserId): Promise<Omit<Forgotten, "tokens"> | undefined> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const scan = new ErasureScan(userId, deps.horizonMs);
    const unfinished = await readUnfinished(deps.stores.publications);
    requireNobodyElse(unfinished, userId);
    const first = await deps.stores.epochs.latest();
    if (first === undefined) return undefined;
    await scan.advance(deps.archive, first.from, "records", idleShards(first)); // the long part, while epochs go on
    const epoch = await planUnderLease(deps, scan, userId, unfinished);
    if (epoch === "unknown") return undefined;
    if (epoch === "overtaken") continue;
    await deps.applied(epoch);
    await forgetDifferences(deps.stores.epochs);
    const objects = await deps.alone(() => rewriteArchive(deps.archive, scan.erasures));
    await clearCorrection(deps.stores, epoch); // last: it keeps others from reading an archive that is half rewritten
    const { plays, rejects, keys } = scan;
    return { epoch, plays, rejects: rejects.length, counters: keys.size, objects };
  }
  throw new CliError(`another epoch came first ${attempts} times; try again`);
}

async function planUnderLease(
  deps: ForgetDeps,
  scan: ErasureScan,
  userId: UserId,
  unfinished: Unfinished,
): Promise<EpochNumber | "unknown" | "overtaken"> {
  const { stores, clock, owner } = deps;
  const lease = new EpochLease({ epochs: stores.epochs, clock, owner });
  const base = await takeBase(deps, lease);
  try {
    // Another erasure since: the scan may have read of the archive what is out of the totals.
    if ((await readUnfinished(stores.publications)).version !== unfinished.version) return "overtaken";
    if (scan.isPassed(base.to)) return "overtaken";
    while ((await scan.advance(lease.during(deps.archive), base.to, "all")).length > 0) {
      await deps.pause("the archive to hold what is counted", archivePauseMs);
      if (!(await lease.prolong())) return "overtaken";
    }
    requireAgreement(scan, base);
    const isEmpty = scan.erasures.records.size === 0 && unfinished.userId === undefined;
    if (isEmpty && !(await isKnown(stores, userId))) return "unknown";
    const now = Math.max(clock(), base.now) as EpochMs;
    const correction = await correctionOf(scan, userId, stores.counters, now);
    if (!(await lease.prolong())) return "overtaken";
    return (await planCorrection(stores, base, correction, now)) ?? "overtaken";
  } finally {
    await lease.release();
  }
}

/** Shards of which an epoch owns nothing: closed ones, and those into which nobody puts. */
function idleShards(record: EpochRecord): ReadonlySet<ShardKey> {
  const moved = new Set(rangesOf(record).map(({ to }) => to.shard));
  return new Set(record.to.map(({ shard }) => shard).filter((shard) => !moved.has(shard)));
}

/** @throws CliError where another listener is half forgotten */
function requireNobodyElse({ userId: other }: Unfinished, userId: UserId): void {
  if (other === undefined || other === userId) return;
  throw new CliError(
    `listener ${JSON.stringify(other)} is half forgotten: finish that first, with earworm forget ${JSON.stringify(other)} --yes`,
  );
}

/** The latest epoch, committed, with the lease: nobody plans the next one. */
async function takeBase({ stores, applied, pause }: ForgetDeps, lease: EpochLease): Promise<EpochRecord> {
  for (;;) {
    if (await lease.take()) {
      const latest = await stores.epochs.latest();
      if (latest?.status === "committed") return latest;
      await lease.release();
      if (latest !== undefined) await applied(latest.epoch);
    } else {
      await pause("a running epoch", leasePauseMs);
    }
  }
}

/** @throws CliError where a recount of the archive is not what the consumer has counted: no correction could be right */
function requireAgreement({ recount }: ErasureScan, base: EpochRecord): void {
  for (const { shard, counts } of base.to) {
    const found = recount.shards.get(shard);
    const names = ["plays", "unqualified", "duplicates", "rejects"] as const;
    const differs = names.find((name) => (found?.[name] ?? 0) !== counts[name]);
    if (differs === undefined) continue;
    throw new CliError(
      `the archive holds ${found?.[differs] ?? 0} ${differs} of ${shard} where ${counts[differs]} are counted: ` +
        "nobody can be forgotten exactly without all of it; see earworm verify",
    );
  }
}

async function isKnown({ profiles }: ForgetStores, userId: UserId): Promise<boolean> {
  const stored = (await profiles.read([userId])).get(userId);
  return stored !== undefined && !isForgotten(stored.profile);
}

/** What the last verification found may name the listener. */
async function forgetDifferences(epochs: EpochLog): Promise<void> {
  const verification = await epochs.readVerification();
  if (verification === undefined || verification.differences.length === 0) return;
  await epochs.noteVerification({ ...verification, differences: [] });
}

async function revokeTokens(tokens: TokenStore, userId: UserId): Promise<number> {
  let revoked = 0;
  for (const { id, scope } of await tokens.list()) {
    if (scope.kind === "operator" || scope.userId !== userId) continue;
    if (await tokens.revoke(id)) revoked += 1;
  }
  return revoked;
}
