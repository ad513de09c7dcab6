import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planCorrection } from "#cli/forget/plan-correction.ts";
import { claimInTurn } from "#functions/mapreduce/claim-in-turn.ts";
import { createReduceHandler } from "#functions/mapreduce/reduce-handler.ts";
import { createUserBehaviorHandler } from "#functions/user-behavior/handler.ts";
import { MemoryClaimStore } from "#src/adapters/memory/memory-claim-store.ts";
import type { Counter } from "#src/domain/counter.ts";
import type { EpochNumber, StageFigures } from "#src/domain/epoch.ts";
import { CorruptStoreError, StaleEpochError } from "#src/domain/errors.ts";
import type { EventId, Play, UserId } from "#src/domain/play.ts";
import { ownerOf, workersFor } from "#src/domain/work-share.ts";
import type { StoredProfile } from "#src/ports/profile-store.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import {
  decodeCountersShare,
  decodeListenersShare,
  emptyListenersShare,
  shareKey,
} from "#src/wire/share-codec.ts";
import { aMoment, somePlays } from "#test/support/arbitraries.ts";
import { Crash, crashingStores } from "#test/support/crashing-stores.ts";
import {
  kinesisEvent,
  memoryStores,
  Pipeline,
  type PipelineOptions,
  type PipelineStores,
} from "#test/support/pipeline.ts";

const horizonMs = 600_000;

/** Stores that tell what was published last by key, workers' shares aside. */
function watchedStores(): { readonly stores: PipelineStores; readonly published: Map<string, string> } {
  const stores = memoryStores();
  const published = new Map<string, string>();
  const publications: PublicationStore = {
    read: (key) => stores.publications.read(key),
    write: async (key, publication) => {
      const outcome = await stores.publications.write(key, publication);
      if (outcome === "written" && !key.startsWith("SHARE#"))
        published.set(key, `${publication.epoch} ${publication.body}`);
      return outcome;
    },
  };
  return { stores: { ...stores, publications }, published };
}

class World {
  readonly pipeline: Pipeline;
  readonly #published: ReadonlyMap<string, string>;
  #clock = aMoment as number;
  #sequence = 0;

  constructor(options: PipelineOptions) {
    const { stores, published } = watchedStores();
    this.#published = published;
    this.pipeline = new Pipeline({ ...options, stores, now: () => this.#clock });
  }

  async put(plays: readonly Play[], shard: number, ...others: readonly string[]): Promise<void> {
    const data = [...plays.map(encodePlay), ...others];
    const records = data.map((each) => ({
      ...{ sequenceNumber: String(++this.#sequence), data: each, arrivedAt: this.#clock },
    }));
    if (records.length > 0) await this.pipeline.container()(kinesisEvent(records, shard));
  }

  wait(ms: number): void {
    this.#clock += ms;
  }

  /** Everything that readers can see, and the counters with their guards. */
  async state() {
    const counters: Counter[] = [];
    for await (const counter of this.pipeline.stores.counters.list("")) counters.push(counter);
    const [first] = (await this.pipeline.stores.rejects.list({ day: aMoment, limit: 10 })).rejects;
    const profiles: StoredProfile[] = [];
    for await (const profile of this.pipeline.stores.profiles.list()) profiles.push(profile);
    return {
      profiles: new Map(profiles.map((stored) => [stored.profile.userId, stored] as const).sort()),
      published: new Map([...this.#published].sort()),
      counters: new Map(counters.map((counter) => [counter.key, counter] as const).sort()),
      reject: first,
    };
  }
}

/** Two epochs of two shards with rejects; in the second some marked plays come again. */
async function play(plays: readonly Play[], options: PipelineOptions): Promise<World> {
  const world = new World(options);
  const half = Math.ceil(plays.length / 2);
  await world.put(plays.slice(0, half), 0);
  await world.put(plays.slice(half, half + 3), 1, "no play");
  await world.pipeline.runEpochs();
  world.wait(horizonMs + 1);
  await world.put(plays.slice(half + 3), 1);
  await world.put(plays.filter(({ dedupe }) => dedupe !== undefined).slice(0, 9), 0);
  await world.pipeline.runEpochs();
  return world;
}

const alone: PipelineOptions = { maxWorkers: 1 };
/** Profiles are folded in as many parts as one epoch has workers, at most. */
const someWorkers = fc
  .record({ playsPerWorker: fc.constantFrom(1, 3, 20), maxWorkers: fc.constantFrom(2, 3, 5, 40, 40, 40) })
  .map((workers) => ({ ...workers, maxProfilePlays: Math.ceil(60 / workers.maxWorkers) }));

/** Long enough, often enough, that many workers and parts are never missed by chance: one run in a million. */
const fewOrManyPlays = fc.oneof(
  { weight: 1, arbitrary: somePlays(60, 5) },
  { weight: 2, arbitrary: somePlays(60, 40) },
);

test("charts, counters and all that is published are the same bytes with any number of workers (I7)", async () => {
  let most = 0;
  let mostParts = 0;
  await fc.assert(
    fc.asyncProperty(fewOrManyPlays, someWorkers, async (plays, workers) => {
      const expected = await play(plays, alone);

      const world = await play(plays, workers);

      expect(await world.state()).toEqual(await expected.state());
      const latest = await world.pipeline.stores.epochs.read(1 as EpochNumber);
      most = Math.max(most, latest?.workers ?? 1);
      mostParts = Math.max(mostParts, latest?.profiles?.folding ?? 0);
    }),
    { numRuns: 60 },
  );
  expect(most).toBeGreaterThan(5);
  expect(mostParts).toBeGreaterThan(5);
});

describe("plan", () => {
  test.each([
    [0, 1],
    [1, 1],
    [100, 1],
    [101, 2],
    [399, 4],
    [400, 4],
    [4_000, 4],
  ])("gives %i plays %i workers", (plays, workers) => {
    expect(workersFor(plays, { playsPerWorker: 100, maxWorkers: 4 })).toBe(workers);
  });

  test("keeps the number of workers in the record, so that an epoch is resumed with as many", async () => {
    const stores = memoryStores();
    const pipeline = (playsPerWorker: number) =>
      new Pipeline({
        ...{ stores, now: () => aMoment, playsPerWorker, maxWorkers: 4 },
        maxProfilePlays: playsPerWorker * 2,
      });
    const plays = fc.sample(somePlays(10, 10), 1)[0] ?? [];
    await pipeline(1).container()(
      kinesisEvent(
        plays.map((each, i) => ({
          sequenceNumber: String(i + 1),
          data: encodePlay(each),
          arrivedAt: aMoment,
        })),
      ),
    );

    const first = await pipeline(4).plan();
    const again = await pipeline(50_000).plan();

    const workers = { isShared: true, workers: [0, 1, 2], areProfilesShared: true, profileWorkers: [0, 1] };
    expect(first).toEqual({ kind: "epoch", epoch: 1, isResumed: false, ...workers });
    expect(again).toEqual({ kind: "epoch", epoch: 1, isResumed: true, ...workers });
  });

  test("an epoch of one worker has no charts step", async () => {
    const world = new World(alone);
    await world.put(fc.sample(somePlays(10, 10), 1)[0] ?? [], 0);

    const planned = await world.pipeline.plan();

    expect(planned).toMatchObject({ isShared: false, workers: [0] });
  });
});

/** An epoch of three workers that is planned. */
async function planned(
  seed: number,
  most = 40,
): Promise<{ readonly world: World; readonly epoch: EpochNumber }> {
  const plays = fc.sample(somePlays(most, most - 10), { numRuns: 1, seed })[0] ?? [];
  const world = new World({ playsPerWorker: 1, maxWorkers: 3, maxProfilePlays: 4 });
  await world.put(plays, 0, "no play");
  const output = await world.pipeline.plan();
  if (output.kind !== "epoch") throw new Error("no epoch");
  return { world, epoch: output.epoch };
}

describe("a worker", () => {
  test("that is cut off anywhere and run again changes nothing more (I5)", { timeout: 120_000 }, async () => {
    const { world: expected, epoch } = await planned(5, 12);
    const bothStages = async ({ pipeline }: World, stores?: PipelineStores): Promise<boolean> => {
      await pipeline.reduce(epoch, stores);
      await pipeline.userBehavior(epoch, stores);
      return true;
    };
    await bothStages(expected);
    const state = await expected.state();
    let at = 0;
    for (let isThrough = false; !isThrough; at++) {
      const { world } = await planned(5, 12);
      const crashing = crashingStores(world.pipeline.stores, at, at % 2 === 0 ? "before" : "after");
      isThrough = await bothStages(world, crashing.stores).catch((error: unknown) => {
        if (error instanceof Crash) return false;
        throw error;
      });

      await bothStages(world);

      expect(await world.state()).toEqual(state);
    }
    expect(state.profiles.size).toBeGreaterThan(1);
    expect(at).toBeGreaterThan(60);
  });

  test("that is through does nothing when the epoch is resumed", async () => {
    const { world, epoch } = await planned(6);
    const { pipeline } = world;
    const figures = await pipeline.reduceWorker(epoch, 1);
    const folded = await pipeline.userBehaviorWorker(epoch, 1);
    expect(folded["users"]).toBeGreaterThan(0);
    const asked = (): never => {
      throw new Error("segments were read");
    };
    const stores = { ...pipeline.stores, segments: { ...pipeline.stores.segments, readRange: asked } };

    expect(await pipeline.reduceWorker(epoch, 1, stores)).toEqual(figures);
    expect(await pipeline.userBehaviorWorker(epoch, 1, stores)).toEqual(folded);
  });

  test("of a number that the epoch does not have is refused", async () => {
    const { world, epoch } = await planned(7);

    await expect(world.pipeline.reduceWorker(epoch, 3)).rejects.toThrow(
      new CorruptStoreError("epoch 1 has 3 workers, and none of number 3"),
    );
    await expect(world.pipeline.userBehaviorWorker(epoch, 3)).rejects.toThrow(
      new CorruptStoreError("epoch 1 folds 3 parts of profiles, and none of number 3"),
    );
  });

  test("that nobody names is refused where there are several: a workflow of an earlier version knows none", async () => {
    const { world, epoch } = await planned(7);
    const { stores } = world.pipeline;
    const shared = { ...stores, clock: () => aMoment, metrics: { record: () => undefined } };

    await expect(createReduceHandler({ ...shared, topsEveryMs: 5_000 })({ epoch })).rejects.toThrow(
      new CorruptStoreError("epoch 1 has 3 workers, and none of number undefined"),
    );
    await expect(createUserBehaviorHandler(shared)({ epoch })).rejects.toThrow(
      new CorruptStoreError("epoch 1 folds 3 parts of profiles, and none of number undefined"),
    );
  });

  test("that left nothing keeps the charts from being written", async () => {
    const { world, epoch } = await planned(8);
    await world.pipeline.reduceWorker(epoch, 0);
    await world.pipeline.reduceWorker(epoch, 2);

    await expect(world.pipeline.charts(epoch)).rejects.toThrow(
      new CorruptStoreError("worker 1 of 3 has left nothing in epoch 1"),
    );

    await world.pipeline.userBehaviorWorker(epoch, 0);
    await expect(world.pipeline.listeners(epoch)).rejects.toThrow(
      new CorruptStoreError("worker 1 of 3 has left no listeners in epoch 1"),
    );

    expect([...(await world.state()).published.keys()].filter((key) => key.startsWith("CHART#"))).toEqual([]);
  });

  test("that is late for its epoch is refused by what the next one left", async () => {
    const { world, epoch } = await planned(9);
    const { pipeline } = world;
    await pipeline.reduce(epoch);
    await pipeline.userBehavior(epoch);
    await pipeline.commit(epoch);
    await world.put(fc.sample(somePlays(40, 30), { numRuns: 1, seed: 10 })[0] ?? [], 1);
    await pipeline.runEpochs();
    const { stores } = pipeline;
    const stillOpen = {
      ...stores,
      epochs: {
        ...stores.epochs,
        read: async (n: EpochNumber) => {
          const record = await stores.epochs.read(n);
          return record && { ...record, status: "open" as const };
        },
      },
    } as PipelineStores;

    await expect(pipeline.reduceWorker(epoch, 0, stillOpen)).rejects.toThrow(StaleEpochError);
    await expect(pipeline.charts(epoch, stillOpen)).rejects.toThrow(StaleEpochError);
    await expect(pipeline.userBehaviorWorker(epoch, 0, stillOpen)).rejects.toThrow(StaleEpochError);
    await expect(pipeline.listeners(epoch, stillOpen)).rejects.toThrow(StaleEpochError);
  });

  test("tells its figures, and the charts step those of all", async () => {
    const { world, epoch } = await planned(11);
    const { pipeline } = world;
    const workers: StageFigures[] = [];
    for (const worker of [0, 1, 2]) workers.push(await pipeline.reduceWorker(epoch, worker));

    const figures = await pipeline.charts(epoch);

    const sum = (name: string) => workers.reduce((all, each) => all + (each[name] ?? 0), 0);
    expect(figures).toMatchObject({
      ...{ workers: 3, segments: 1, rejects: 1, repeats: 0 },
      ...{ plays: figures["plays"], countKeys: sum("countKeys"), counters: sum("counters") + 1 },
    });
    expect(figures["plays"]).toBeGreaterThan(29);
    const songs = [];
    for await (const counter of pipeline.stores.counters.list("SONG#")) songs.push(counter);
    expect(songs.length).toBe(sum("countKeys"));
    for (const worker of [0, 1, 2]) {
      const key = shareKey("counters", worker);
      const left = await pipeline.stores.publications.read(key);
      const share = decodeCountersShare(key, left?.body ?? "");
      const ids = share.charts.flatMap(({ list, candidates }) =>
        list === "songs" ? candidates.map(({ id }) => `SONG#${id}`) : [],
      );
      expect(ids.filter((id) => ownerOf(id, 3) !== worker)).toEqual([]);
    }
  });
});

describe("claims beside other workers", () => {
  const ids = Array.from({ length: 50 }, (_, n) => `e${n}` as EventId);

  /** A store that answers later, in an order of its own; `written` counts what was claimed or tried. */
  function slowClaims(delays: readonly number[]) {
    const store = new MemoryClaimStore();
    let calls = 0;
    let written = 0;
    const pause = async (): Promise<void> => {
      const turns = delays[calls++ % delays.length] ?? 0;
      for (let i = 0; i < turns; i++) await Promise.resolve();
    };
    return {
      store,
      written: () => written,
      claims: {
        claim: async (epoch: EpochNumber, some: readonly EventId[]) => {
          await pause();
          written += some.length;
          return await store.claim(epoch, some);
        },
        read: async (some: readonly EventId[]) => {
          await pause();
          return await store.read(some);
        },
      },
    };
  }

  test("are the same for all of them, whoever is faster", async () => {
    const delays = fc.array(fc.nat(40), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(delays, fc.integer({ min: 1, max: 8 }), async (turns, workers) => {
        const { store, claims } = slowClaims(turns);
        await store.claim(3 as EpochNumber, ids.slice(10, 20));
        await store.claim(4 as EpochNumber, ids.slice(20, 25));
        const own = new Set([...ids.slice(0, 10), ...ids.slice(20)]);

        const answers = await Promise.all(
          Array.from({ length: workers }, (_, worker) =>
            claimInTurn(claims, 4 as EpochNumber, ids, { worker, workers }),
          ),
        );

        for (const answer of answers) expect(answer).toEqual(own);
      }),
    );
  });

  test("cost a write each where workers go side by side", async () => {
    const { claims, written } = slowClaims([1]);

    await Promise.all(
      [0, 1, 2, 3].map((worker) => claimInTurn(claims, 1 as EpochNumber, ids, { worker, workers: 4 })),
    );

    expect(written()).toBe(ids.length);
  });

  test("of a later epoch refuse one that is late", async () => {
    for (const late of ids.slice(0, 8)) {
      const { store, claims } = slowClaims([0]);
      await store.claim(9 as EpochNumber, [late]);

      const claimed = claimInTurn(claims, 8 as EpochNumber, ids, { worker: 0, workers: 4 });

      await expect(claimed).rejects.toThrow(StaleEpochError);
    }
  });
});

test("what workers left of listeners is empty once one of them is forgotten", async () => {
  const { world, epoch } = await planned(12);
  const { pipeline } = world;
  const { publications, epochs } = pipeline.stores;
  await pipeline.reduce(epoch);
  await pipeline.userBehavior(epoch);
  await pipeline.commit(epoch);
  const left = () => Promise.all([0, 1, 2].map((worker) => publications.read(shareKey("listeners", worker))));
  expect(JSON.stringify(await left())).toContain("U1");
  const base = await epochs.latest();
  if (base === undefined) throw new Error("no epoch");

  const correction = { userId: "U1" as UserId, counters: [], windows: [], rejects: [] };
  await planCorrection({ epochs, publications }, base, correction, aMoment);
  await pipeline.userBehavior((epoch + 1) as EpochNumber);

  for (const share of await left()) expect(share).toEqual({ epoch: epoch + 1, body: emptyListenersShare });
});

test("what a worker leaves is read as it was written, and what is not that is refused", () => {
  const key = shareKey("counters", 3);
  expect(() => decodeCountersShare(key, "{}")).toThrow(CorruptStoreError);
  expect(() => decodeCountersShare(key, '{"songs":[[1]],"repeats":[0,0],"charts":[],"figures":{}}')).toThrow(
    /publication SHARE#counters#3 does not decode: unexpected songs/,
  );
  expect(() => decodeListenersShare(key, '{"candidates":[[1]],"figures":{}}')).toThrow(CorruptStoreError);
});
