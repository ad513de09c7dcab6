import { expect, test } from "vitest";
import { type Forgotten, forgetListener } from "#cli/forget/forget-listener.ts";
import { MemoryTokenStore } from "#src/adapters/memory/memory-token-store.ts";
import { type TokenHash, type TokenId, type TokenScope, tokenIdOf } from "#src/domain/access-token.ts";
import type { ArchivedRecord } from "#src/domain/archive.ts";
import { type CounterKey, repeatedKey } from "#src/domain/counter.ts";
import type { EpochMs, UserId } from "#src/domain/play.ts";
import { ArchivedPipeline, driftByKind } from "#test/support/archived-pipeline.ts";

const ann = "ann" as UserId;
const start = Date.parse("2026-11-20T14:10:00Z");
const minuteMs = 60_000;
/** The shortest and the longest lease that a stage's runs may have. */
const shortLeaseMs = 120_000;
const longLeaseMs = 300_000;

const aPlay = (id: string, user: string, fields: object = {}): string =>
  JSON.stringify({
    ...{ event_id: id, user_id: user, started_at: start, ms_played: 100_000 },
    track: { id: "S1", artist: "Coldplay", title: "Yellow", duration_ms: 110_000 },
    ...fields,
  });

interface Placed {
  readonly afterMs?: number;
  readonly shard?: number;
  readonly dedupe?: string;
}

/** A store of which listeners are forgotten, with time that passes only where something waits. */
class System extends ArchivedPipeline {
  readonly tokens = new MemoryTokenStore();
  readonly pauses: string[] = [];
  /** What goes on while `forget` waits. */
  whilePaused: (count: number) => Promise<unknown> = () => Promise.reject(new Error("nothing to wait for"));

  async play(id: string, user: string, { afterMs = 0, shard = 0, ...fields }: Placed = {}): Promise<void> {
    await this.put({ shard, arrivedAt: start + afterMs, data: aPlay(id, user, fields) });
    await this.pipeline.runEpochs();
  }

  forget(user: UserId): Promise<Forgotten | undefined> {
    return forgetListener(
      {
        stores: { ...this.stores, tokens: this.tokens },
        archive: this.archive,
        clock: () => this.now as EpochMs,
        owner: "forget",
        applied: async () => void (await this.pipeline.runEpochs()),
        pause: async (reason) => {
          this.pauses.push(reason);
          await this.whilePaused(this.pauses.length);
        },
        alone: (work) => work(),
      },
      user,
    );
  }

  /** Takes a record out of the archive. Returns it and a way to put it back. */
  async lose(sequenceNumber: string): Promise<() => Promise<void>> {
    const object = (await this.archive.list()).find(({ first }) => first === sequenceNumber);
    if (object === undefined) throw new Error(`no record ${sequenceNumber}`);
    const records: ArchivedRecord[] = [];
    for await (const record of this.archive.read(object)) records.push(record);
    await this.archive.rewrite(object, []);
    return () => this.archive.rewrite(object, records);
  }

  /** Whether a run that takes leases of `lengthMs` gets it. */
  planGetsLease(lengthMs: number): Promise<boolean> {
    return this.stores.epochs.acquireLease("run", this.now as EpochMs, lengthMs);
  }

  async addToken(n: number, scope: TokenScope): Promise<TokenId> {
    const hash = String(n).padStart(64, "0") as TokenHash;
    const id = tokenIdOf(String(n).padStart(12, "0") as TokenHash);
    const times = { createdAt: start as EpochMs, expiresAt: (start + minuteMs) as EpochMs };
    await this.tokens.create({ id, hash, label: "test", scope, ...times });
    return id;
  }

  async totals(key: CounterKey) {
    return (await this.stores.counters.read([key]))[0]?.totals;
  }
}

test("where the archive lacks a play that counted, nobody is forgotten and nothing is changed", async () => {
  const system = new System();
  await system.play("p1", "ann");
  await system.play("p2", "bob");
  await system.play("p3", "bob");
  await system.lose("2");
  const before = await system.stores.epochs.latest();

  await expect(system.forget(ann)).rejects.toThrow(
    "the archive holds 2 plays of plays/shardId-000000000000 where 3 are counted: " +
      "nobody can be forgotten exactly without all of it; see earworm verify",
  );

  expect(await system.stores.epochs.latest()).toEqual(before);
  expect(await system.planGetsLease(shortLeaseMs)).toBe(true);
});

test("an id that came into two shards counts twice and is recounted once, so nobody is forgotten", async () => {
  const system = new System();
  await system.play("p1", "bob");
  await system.play("p1", "bob", { afterMs: 1, shard: 1 });
  await system.play("p2", "ann", { afterMs: 2 });

  await expect(system.forget(ann)).rejects.toThrow(
    "the archive holds 0 plays of plays/shardId-000000000001 where 1 are counted",
  );
});

test("tokens of the listener are revoked, and neither anybody else's nor an operator's", async () => {
  const system = new System();
  await system.play("p1", "ann");
  await system.addToken(1, { kind: "listener", userId: ann });
  const bobs = await system.addToken(2, { kind: "listener", userId: "bob" as UserId });
  const operators = await system.addToken(3, { kind: "operator" });
  await system.addToken(4, { kind: "listener", userId: ann });

  expect(await system.forget(ann)).toMatchObject({ plays: 1, tokens: 2 });

  expect((await system.tokens.list()).map(({ id }) => id)).toEqual([bobs, operators]);
});

test("repeats of the listener's marked plays leave the sum of repeats, and others' stay", async () => {
  const system = new System();
  const marked = { dedupe: "always" };
  await system.play("a", "ann", marked);
  await system.play("b", "bob", marked);
  await system.play("a", "ann", { ...marked, afterMs: 11 * minuteMs });
  await system.play("b", "bob", { ...marked, afterMs: 11 * minuteMs });
  const before = await system.totals(repeatedKey);

  await system.forget(ann);

  expect(before?.plays).toBe(2);
  expect((await system.totals(repeatedKey))?.plays).toBe(1);
  expect(driftByKind(await system.verify())).toEqual({});
});

test("no epoch is planned while the archive is waited for, however long and however short a run's lease is", async () => {
  const system = new System();
  await system.play("p1", "ann");
  await system.play("p2", "bob");
  const bringBack = await system.lose("2");
  const planned: boolean[] = [];
  system.whilePaused = async (count) => {
    system.now += 45_000;
    planned.push(await system.planGetsLease(shortLeaseMs), await system.planGetsLease(longLeaseMs));
    if (count === 8) await bringBack();
  };

  const forgotten = await system.forget(ann);

  expect(forgotten).toMatchObject({ epoch: 3, plays: 1 });
  expect(planned).toEqual(Array.from({ length: 16 }, () => false));
});

test("no epoch is planned while the archive is read, however long that takes", async () => {
  const system = new System();
  for (let n = 1; n <= 60; n++) await system.play(`p${n}`, n % 2 === 0 ? "ann" : "bob", { afterMs: n });
  const planned: boolean[] = [];
  const reads = new Map<string, number>();
  const read = system.archive.read.bind(system.archive);
  system.archive.read = async function* (object) {
    system.now += 2_000;
    const count = (reads.get(object.path) ?? 0) + 1;
    reads.set(object.path, count);
    if (count === 2) planned.push(await system.planGetsLease(shortLeaseMs)); // the first time is before the lease
    yield* read(object);
  };

  await system.forget(ann);

  expect(planned).toEqual(Array.from({ length: 60 }, () => false));
});

test("a lease that a run of a stage holds is waited for, however long it is", async () => {
  const system = new System();
  await system.play("p1", "ann");
  await system.planGetsLease(longLeaseMs);
  system.whilePaused = async () => {
    system.now += 1_000;
    await system.stores.epochs.releaseLease("run");
  };

  expect(await system.forget(ann)).toMatchObject({ epoch: 2, plays: 1 });

  expect(system.pauses).toEqual(["a running epoch"]);
});

test("who lost the lease while the archive was waited for plans nothing, and begins again", async () => {
  const system = new System();
  await system.play("p1", "ann");
  await system.play("p2", "bob");
  const bringBack = await system.lose("2");
  system.whilePaused = async (count) => {
    if (count === 1) {
      system.now += 2 * minuteMs;
      expect(await system.planGetsLease(shortLeaseMs)).toBe(true);
    } else {
      await bringBack();
      await system.stores.epochs.releaseLease("run");
    }
  };

  expect(await system.forget(ann)).toMatchObject({ epoch: 3, plays: 1 });

  expect(system.pauses).toEqual(["the archive to hold what is counted", "a running epoch"]);
  expect(driftByKind(await system.verify())).toEqual({});
});

test("who lost the lease while the archive was read plans nothing, and begins again", async () => {
  const system = new System();
  await system.play("p1", "ann");
  const read = system.archive.read.bind(system.archive);
  let reads = 0;
  system.archive.read = async function* (object) {
    reads += 1;
    if (reads === 2) {
      system.now += 2 * minuteMs;
      expect(await system.planGetsLease(shortLeaseMs)).toBe(true);
    }
    yield* read(object);
  };
  system.whilePaused = async () => {
    expect((await system.stores.epochs.latest())?.epoch).toBe(1);
    await system.stores.epochs.releaseLease("run");
  };

  expect(await system.forget(ann)).toMatchObject({ epoch: 2, plays: 1 });

  expect(system.pauses).toEqual(["a running epoch"]);
});
