import type { CounterDelta } from "#src/domain/counter.ts";
import type { EventId } from "#src/domain/play.ts";
import type { ShardKey } from "#src/domain/position.ts";
import type { Segment } from "#src/domain/segment.ts";
import type { Archive } from "#src/ports/archive.ts";
import type { ClaimStore } from "#src/ports/claim-store.ts";
import type { CounterStore } from "#src/ports/counter-store.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { ProfileAddition, ProfileStore } from "#src/ports/profile-store.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import type { RejectStore } from "#src/ports/reject-store.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import type { ShardLineage } from "#src/ports/shard-lineage.ts";
import type { TokenStore } from "#src/ports/token-store.ts";
import type { PipelineStores } from "#test/support/pipeline.ts";
import type { Caller } from "./invocation.ts";

const isWrite = true;
/** Calls that are no transactions reach the store in pieces, between which others get their turn. */
const pieceSize = 8;

/** The stores as one function sees them: each call goes through `caller`. */
export function faultyStores(stores: PipelineStores, caller: Caller): PipelineStores {
  return {
    segments: faultySegments(stores.segments, caller),
    claims: faultyClaims(stores.claims, caller),
    counters: faultyCounters(stores.counters, caller),
    profiles: faultyProfiles(stores.profiles, caller),
    publications: faultyPublications(stores.publications, caller),
    rejects: faultyRejects(stores.rejects, caller),
    epochs: faultyEpochs(stores.epochs, caller),
  };
}

export const faultyLineage = (
  ancestors: (shard: ShardKey) => readonly ShardKey[],
  caller: Caller,
): ShardLineage => ({
  ancestors: (shard) => caller.call(() => Promise.resolve(ancestors(shard))),
});

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function faultySegments(store: SegmentStore, caller: Caller): SegmentStore {
  return {
    readHead: (shard) => caller.call(() => store.readHead(shard)),
    readHeads: () => caller.call(() => store.readHeads()),
    append: (segment, expiresAt) =>
      caller.call(() => store.append(segment, expiresAt), { name: "append", isWrite }),
    async *readRange(shard, from, to) {
      const read = (): Promise<Segment[]> => collect(store.readRange(shard, from, to));
      yield* await caller.call(read, { missed: async () => withoutOne(await read()) });
    },
    async *readBack(shard, from) {
      yield* await caller.call(() => collect(store.readBack(shard, from)));
    },
  };
}

/** Any of them: the position decides which, so that it is the same in every run. */
function withoutOne(segments: Segment[]): Segment[] | undefined {
  if (segments.length === 0) return undefined;
  const missed = (segments[0]?.body.length ?? 0) % segments.length;
  return segments.filter((_, index) => index !== missed);
}

function faultyClaims(store: ClaimStore, caller: Caller): ClaimStore {
  return {
    claim: async (epoch, ids) => {
      const own = new Set<EventId>();
      for (const piece of pieces(ids)) {
        const claimed = await caller.call(() => store.claim(epoch, piece), {
          name: "claim",
          isWrite,
          half: halfOf(piece, (half) => store.claim(epoch, half)),
        });
        for (const id of claimed) own.add(id);
      }
      return own;
    },
    read: (ids) => caller.call(() => store.read(ids), { name: "read claims" }),
  };
}

function faultyCounters(store: CounterStore, caller: Caller): CounterStore {
  return {
    apply: async (epoch, now, deltas) => {
      const apply = (some: readonly CounterDelta[]) => store.apply(epoch, now, some);
      const counters = [];
      for (const piece of pieces(deltas)) {
        counters.push(
          ...(await caller.call(() => apply(piece), {
            name: "apply",
            isWrite,
            half: halfOf(piece, (half) => apply(half)),
          })),
        );
      }
      return counters;
    },
    replace: (epoch, counters) =>
      caller.call(() => store.replace(epoch, counters), {
        name: "replace",
        isWrite,
        half: halfOf(counters, (half) => store.replace(epoch, half)),
      }),
    read: (keys) => caller.call(() => store.read(keys)),
    async *list(prefix) {
      yield* await caller.call(() => collect(store.list(prefix)));
    },
  };
}

function faultyProfiles(store: ProfileStore, caller: Caller): ProfileStore {
  return {
    read: (users) => caller.call(() => store.read(users)),
    heads: (users) => caller.call(() => store.heads(users), { name: "read profiles" }),
    write: (epoch, writes) => caller.call(() => store.write(epoch, writes), { isWrite }),
    forget: (epoch, user) =>
      caller.call(() => store.forget(epoch, user), { name: "write profiles", isWrite }),
    add: async (epoch, additions) => {
      const write = (some: readonly ProfileAddition[]) => store.add(epoch, some);
      const refused = [];
      for (const piece of pieces(additions)) {
        refused.push(
          ...(await caller.call(() => write(piece), {
            name: "write profiles",
            isWrite,
            half: halfOf(piece, (half) => write(half)),
          })),
        );
      }
      return refused;
    },
    async *list() {
      yield* await caller.call(() => collect(store.list()));
    },
  };
}

const faultyPublications = (store: PublicationStore, caller: Caller): PublicationStore => ({
  read: (key) => caller.call(() => store.read(key)),
  write: (key, publication) =>
    caller.call(() => store.write(key, publication), { name: "write list", isWrite }),
});

const faultyRejects = (store: RejectStore, caller: Caller): RejectStore => ({
  write: (pieces) =>
    caller.call(() => store.write(pieces), { isWrite, half: halfOf(pieces, (half) => store.write(half)) }),
  remove: (ids) =>
    caller.call(() => store.remove(ids), { isWrite, half: halfOf(ids, (half) => store.remove(half)) }),
  list: (query) => caller.call(() => store.list(query)),
  read: (id) => caller.call(() => store.read(id)),
  counts: (day) => caller.call(() => store.counts(day)),
});

const faultyEpochs = (log: EpochLog, caller: Caller): EpochLog => ({
  latest: () => caller.call(() => log.latest(), { name: "latest" }),
  read: (epoch) => caller.call(() => log.read(epoch)),
  create: (record) => caller.call(() => log.create(record), { name: "create" }),
  commit: (epoch, figures, at) => caller.call(() => log.commit(epoch, figures, at), { name: "commit" }),
  noteBroadcast: (epoch, outcome) => caller.call(() => log.noteBroadcast(epoch, outcome)),
  readBroadcast: (epoch) => caller.call(() => log.readBroadcast(epoch)),
  noteVerification: (verification) => caller.call(() => log.noteVerification(verification)),
  readVerification: () => caller.call(() => log.readVerification()),
  acquireLease: (owner, now, lengthMs) => caller.call(() => log.acquireLease(owner, now, lengthMs)),
  releaseLease: (owner) => caller.call(() => log.releaseLease(owner)),
});

export const faultyTokens = (store: TokenStore, caller: Caller): TokenStore => ({
  find: (hash) => caller.call(() => store.find(hash)),
  create: (token) => caller.call(() => store.create(token)),
  revoke: (id) => caller.call(() => store.revoke(id)),
  list: () => caller.call(() => store.list()),
});

export const faultyArchive = (archive: Archive, caller: Caller): Archive => ({
  write: (records) => caller.call(() => archive.write(records)),
  list: (range) => caller.call(() => archive.list(range)),
  async *read(object) {
    yield* await caller.call(() => collect(archive.read(object)));
  },
  rewrite: (object, records) => caller.call(() => archive.rewrite(object, records), { name: "rewrite" }),
});

function halfOf<T>(
  items: readonly T[],
  write: (half: readonly T[]) => Promise<unknown>,
): (() => Promise<unknown>) | undefined {
  return items.length < 2 ? undefined : () => write(items.slice(0, Math.floor(items.length / 2)));
}

function pieces<T>(items: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / pieceSize) }, (_, i) =>
    items.slice(i * pieceSize, (i + 1) * pieceSize),
  );
}
