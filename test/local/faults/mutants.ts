import { MemoryClaimStore } from "#src/adapters/memory/memory-claim-store.ts";
import { MemoryEpochLog } from "#src/adapters/memory/memory-epoch-log.ts";
import type { Counter, CounterDelta, CounterKey } from "#src/domain/counter.ts";
import type { EpochNumber, EpochRecord } from "#src/domain/epoch.ts";
import type { EpochMs, EventId } from "#src/domain/play.ts";
import { origin } from "#src/domain/position.ts";
import type { PublicationKey } from "#src/domain/publication-key.ts";
import type { Segment } from "#src/domain/segment.ts";
import type { CounterStore } from "#src/ports/counter-store.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { ProfileStore } from "#src/ports/profile-store.ts";
import type { Publication, PublicationStore } from "#src/ports/publication-store.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import { memoryStores, type PipelineStores } from "#test/support/pipeline.ts";
import { EarwormSystem } from "./earworm-system.ts";
import { collect } from "./faulty-stores.ts";
import type { HarnessOptions } from "./harness.ts";

/** A system of which one invariant is broken on purpose. */
export type Mutant = Pick<HarnessOptions, "open" | "system">;

const over = (change: (stores: PipelineStores) => Partial<PipelineStores>): Mutant => ({
  open: () => {
    const stores = memoryStores();
    return Promise.resolve({ stores: { ...stores, ...change(stores) }, close: () => undefined });
  },
});

/** The same methods, bound, with some replaced. */
function withChanges<Store extends object>(store: Store, changes: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, name) {
      const value = name in changes ? changes[name as keyof Store] : target[name as keyof Store];
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** What would go wrong, by the invariant that keeps it from happening. */
export const mutants: Readonly<Record<string, Mutant>> = {
  "I1: a segment is appended wherever the head is": over(({ segments }) => ({
    segments: withChanges<SegmentStore>(segments, {
      append: async (segment, expiresAt) => {
        const head = await segments.readHead(segment.head.shard);
        return await segments.append({ ...segment, previous: head?.position ?? origin }, expiresAt);
      },
    }),
  })),
  "I2: a cold container does not know what came before": {
    ...over(() => ({})),
    system: (stores) => {
      const segments = withChanges<SegmentStore>(stores.segments, {
        readBack: async function* () {
          yield* await Promise.resolve([]);
        },
      });
      return new EarwormSystem(stores, { consumerStores: { ...stores, segments } });
    },
  },
  "I2: a shard does not know where it stems from": {
    ...over(() => ({})),
    system: (stores) => new EarwormSystem(stores, { hasLineage: false }),
  },
  "I3: claims forget who was first": over(() => ({ claims: new ForgetfulClaims() })),
  "I4: an epoch's record is written over": over(() => ({ epochs: new OverwritingEpochLog() })),
  "I4: a gap is hidden": over(({ segments }) => ({
    segments: withChanges<SegmentStore>(segments, {
      readRange: async function* (shard, from, to) {
        yield* relinked(await collect(segments.readRange(shard, from, to)));
      },
    }),
  })),
  "I5: a total takes an epoch twice": over(({ counters }) => ({ counters: unguarded(counters) })),
  "I5: a profile is written whatever it holds by now": over(({ profiles }) => ({
    profiles: withChanges<ProfileStore>(profiles, {
      add: async (epoch, additions) => {
        const heads = await profiles.heads(additions.map(({ delta }) => delta.userId));
        const always = additions.map(({ delta }) => ({ delta, head: heads.get(delta.userId) }));
        return await profiles.add(epoch, always);
      },
    }),
  })),
  "I5: a total of which nothing is left loses its guard": over(({ counters }) => ({
    counters: new ForgettingCounterStore(counters, "empty"),
  })),
  "I5: a total is replaced whatever it holds by now": over(({ counters }) => ({
    counters: new ForgettingCounterStore(counters, "all"),
  })),
  "I6: a correction is applied to the totals of a later epoch": over(({ epochs }) => ({
    epochs: withChanges<EpochLog>(epochs, {
      create: async (record) => {
        const latest = await epochs.latest();
        if (record.correction === undefined || latest === undefined || latest.epoch < record.epoch)
          return await epochs.create(record);
        const { to } = latest;
        return await epochs.create({ ...record, epoch: (latest.epoch + 1) as EpochNumber, from: to, to });
      },
    }),
  })),
  "I5: an old list replaces a new one": over(() => ({ publications: new UnguardedPublications() })),
};

/** What must change nothing: the guards do not need it. */
export const harmless: Readonly<Record<string, Mutant>> = {
  "a lease that everybody gets": over(({ epochs }) => ({
    epochs: withChanges<EpochLog>(epochs, { acquireLease: () => Promise.resolve(true) }),
  })),
};

/** Each call is an epoch of its own, so that no guard ever refuses. */
function unguarded(store: CounterStore): CounterStore {
  let calls = 0;
  return {
    apply: (_, now, deltas) => {
      calls += 1;
      return store.apply(calls as EpochNumber, now, deltas);
    },
    replace: (epoch, counters) => store.replace(epoch, counters),
    read: (keys) => store.read(keys),
    list: (prefix) => store.list(prefix),
  };
}

/** Replaces counters by new ones, without a look at their guards; where nothing is left, by none. */
class ForgettingCounterStore implements CounterStore {
  readonly #store: CounterStore;
  readonly #replaced: "empty" | "all";
  /** How often each counter was replaced. */
  readonly #lives = new Map<CounterKey, number>();

  constructor(store: CounterStore, replaced: "empty" | "all") {
    this.#store = store;
    this.#replaced = replaced;
  }

  async apply(
    epoch: EpochNumber,
    now: EpochMs,
    deltas: readonly CounterDelta[],
  ): Promise<readonly Counter[]> {
    const counters = await this.#store.apply(
      epoch,
      now,
      deltas.map((delta) => this.#stored(delta)),
    );
    return counters.map((counter, i) => ({ ...counter, key: deltas[i]?.key ?? counter.key }));
  }

  async replace(epoch: EpochNumber, counters: readonly CounterDelta[]): Promise<void> {
    // The sums of all have to be there.
    const isEmpty = ({ key, totals }: CounterDelta): boolean =>
      key.includes("#") && totals.plays + totals.unqualified === 0;
    const isNew = (counter: CounterDelta): boolean => this.#replaced === "all" || isEmpty(counter);
    for (const { key } of counters.filter(isNew)) this.#lives.set(key, (this.#lives.get(key) ?? 0) + 1);
    const left = counters.filter((counter) => !isEmpty(counter) || this.#replaced === "all");
    await this.#store.replace(
      epoch,
      left.map((counter) => this.#stored(counter)),
    );
  }

  async read(keys: readonly CounterKey[]): Promise<readonly Counter[]> {
    const found: Counter[] = [];
    for (const key of keys)
      for (const counter of await this.#store.read([this.#keyOf(key)])) found.push({ ...counter, key });
    return found;
  }

  async *list(prefix: string): AsyncIterable<Counter> {
    for await (const counter of this.#store.list(prefix)) {
      const key = counter.key.split("\0")[0] as CounterKey;
      if (this.#keyOf(key) === counter.key) yield { ...counter, key };
    }
  }

  #stored(delta: CounterDelta): CounterDelta {
    return { ...delta, key: this.#keyOf(delta.key) };
  }

  #keyOf(key: CounterKey): CounterKey {
    const lives = this.#lives.get(key) ?? 0;
    return lives === 0 ? key : (`${key}\0${lives}` as CounterKey);
  }
}

/** The segments without their middle, and no trace of it. */
function relinked(segments: readonly Segment[]): readonly Segment[] {
  if (segments.length < 3) return segments;
  const middle = Math.floor(segments.length / 2);
  return segments.flatMap((segment, index) => {
    if (index === middle) return [];
    return [index === middle + 1 ? { ...segment, previous: segments[middle]?.previous ?? origin } : segment];
  });
}

/** An id is whoever's asked last. */
class ForgetfulClaims extends MemoryClaimStore {
  readonly #owners = new Map<EventId, EpochNumber>();

  override claim(epoch: EpochNumber, ids: readonly EventId[]): Promise<ReadonlySet<EventId>> {
    for (const id of ids) this.#owners.set(id, epoch);
    return Promise.resolve(new Set(ids));
  }

  override read(): Promise<ReadonlyMap<EventId, EpochNumber>> {
    return Promise.resolve(this.#owners);
  }
}

class UnguardedPublications implements PublicationStore {
  readonly #publications = new Map<PublicationKey, Publication>();

  read(key: PublicationKey): Promise<Publication | undefined> {
    return Promise.resolve(this.#publications.get(key));
  }

  write(key: PublicationKey, publication: Publication): Promise<"written"> {
    this.#publications.set(key, publication);
    return Promise.resolve("written");
  }
}

class OverwritingEpochLog extends MemoryEpochLog {
  readonly #written = new Map<EpochNumber, EpochRecord>();

  override latest(): Promise<EpochRecord | undefined> {
    return Promise.resolve(this.#written.get(Math.max(...this.#written.keys()) as EpochNumber));
  }

  override read(epoch: EpochNumber): Promise<EpochRecord | undefined> {
    return Promise.resolve(this.#written.get(epoch));
  }

  override create(record: EpochRecord): Promise<"created"> {
    this.#written.set(record.epoch, record);
    return Promise.resolve("created");
  }

  override commit(epoch: EpochNumber, _: object, at: EpochMs): Promise<void> {
    const record = this.#written.get(epoch);
    if (record !== undefined) this.#written.set(epoch, { ...record, status: "committed", committedAt: at });
    return Promise.resolve();
  }
}
