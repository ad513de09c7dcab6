import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CountedIds } from "#cli/counted-ids.ts";
import { MarkedSender, markedPlay } from "#cli/marked-sender.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { MemoryArchive } from "#src/adapters/memory/memory-archive.ts";
import type { ArchivedRecord, ArchiveObject, ArchiveSource } from "#src/domain/archive.ts";
import type { EpochMs, Play } from "#src/domain/play.ts";
import type { ShardKey } from "#src/domain/position.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { expandRecord } from "#src/wire/play-record.ts";
import { aPlay, someTime } from "#test/support/builders.ts";

const minute = 60_000;
const horizon = 10 * minute;
const shards = ["plays/shardId-000000000000", "plays/shardId-000000000001"] as ShardKey[];

/** A stream with its archiver, in virtual time. */
class World {
  now = someTime;
  readonly archive = new MemoryArchive();
  readonly arrived: ArchivedRecord[] = [];
  readonly said: string[] = [];
  readonly puts: number[] = [];
  /** How long the archiver takes, ms; Infinity where it does not run. */
  archiveLagMs = 1_000;
  /** How long a put takes, ms. */
  putMs = 100;
  /** What producers put by themselves, by time. */
  live: { readonly at: number; readonly play: Play; readonly shard: number }[] = [];
  #archived = 0;
  #numbers = 0;

  /** Lets time go by, and what happens with it happen. */
  async advance(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      const next = this.live.findIndex(({ at }) => at <= end);
      const due = this.live[next];
      if (due === undefined) break;
      this.live.splice(next, 1);
      this.now = Math.max(this.now, due.at) as EpochMs;
      this.arrive(encodePlay(due.play), due.shard);
    }
    this.now = end as EpochMs;
    await this.runArchiver();
  }

  arrive(data: string | Uint8Array, shard = 0): void {
    this.#numbers += 1;
    this.arrived.push({
      shard: shards[shard] ?? ("" as ShardKey),
      sequenceNumber: String(this.#numbers),
      arrivedAt: this.now,
      partitionKey: "p",
      data: Buffer.from(data),
    });
  }

  /** One object for each record that is due. */
  async runArchiver(): Promise<void> {
    for (;;) {
      const record = this.arrived[this.#archived];
      if (record === undefined || record.arrivedAt + this.archiveLagMs > this.now) return;
      await this.archive.write([record]);
      this.#archived += 1;
    }
  }

  sender(ids: CountedIds): MarkedSender {
    return new MarkedSender({
      ids,
      tail: {
        shards: () => Promise.resolve(shards),
        firstArrival: (shard, after) =>
          Promise.resolve(
            this.arrived.find(
              (record) => record.shard === shard && Number(record.sequenceNumber) > Number(after ?? 0),
            )?.arrivedAt,
          ),
      },
      plays: {
        put: async (records) => {
          await this.advance(this.putMs);
          for (const { data } of records) this.arrive(data);
          this.puts.push(records.length);
        },
      },
      clock: () => this.now,
      pause: (ms) => this.advance(ms),
      onWait: (message) => this.said.push(message),
    });
  }

  /** The plays that arrived, with their arrival. */
  plays(): { readonly play: Play; readonly arrivedAt: number }[] {
    return this.arrived.flatMap((record) =>
      expandRecord(record, nodeRecordCodec).flatMap((entry) =>
        entry.kind === "play" ? [{ play: entry.play, arrivedAt: record.arrivedAt }] : [],
      ),
    );
  }

  get sentIds(): string[] {
    return this.plays().flatMap(({ play }) => (play.dedupe === "always" ? [play.eventId] : []));
  }
}

const named = (eventId: string): Play => aPlay({ eventId, startedAt: someTime - 90 * minute });

const marked = (play: Play): Play => {
  const result = markedPlay(play);
  if (!result.ok) throw new Error(result.error.reason);
  return result.value;
};

async function sendAll(sender: MarkedSender, plays: readonly Play[]): Promise<void> {
  for (const play of plays) await sender.add(marked(play));
  await sender.flush();
}

function idsFor(
  archive: ArchiveSource,
  plays: readonly Play[],
  hash?: ConstructorParameters<typeof CountedIds>[1],
) {
  const ids = new CountedIds(archive, hash);
  for (const { eventId } of plays) ids.lookFor(eventId);
  return ids;
}

describe("a sender of marked plays", () => {
  test("sends what the archive has not, in order and marked, and leaves out the rest", async () => {
    const world = new World();
    world.arrive(encodePlay(named("b")), 1);
    await world.advance(300 * 24 * 60 * minute);
    const plays = ["c", "b", "a"].map(named);
    const sender = world.sender(idsFor(world.archive, plays));

    await sendAll(sender, plays);

    expect(world.sentIds).toEqual(["c", "a"]);
    expect([sender.sent, sender.leftOut, world.said]).toEqual([2, 1, []]);
  });

  test("leaves out what was marked and sent before", async () => {
    const world = new World();
    const plays = ["a", "b"].map(named);
    await sendAll(world.sender(idsFor(world.archive, plays)), plays);
    await world.advance(60 * minute);

    const again = world.sender(idsFor(world.archive, plays));
    await sendAll(again, plays);

    expect([again.sent, again.leftOut, world.puts]).toEqual([0, 2, [1]]);
  });

  test("waits a little for what was sent right before", async () => {
    const world = new World();
    const plays = ["a", "b"].map(named);
    await sendAll(world.sender(idsFor(world.archive, plays)), plays);

    const again = world.sender(idsFor(world.archive, plays));
    await sendAll(again, plays);

    expect([again.sent, again.leftOut, world.said]).toEqual([0, 2, []]);
  });

  test("does not wait for what arrived a minute ago where the archive is slow", async () => {
    const world = new World();
    world.archiveLagMs = 4 * minute;
    world.arrive("no play");
    const plays = ["a", "b"].map(named);
    const sender = world.sender(idsFor(world.archive, plays));
    const startedAt = world.now;

    for (const play of plays) await sendAll(sender, [play]);

    expect(world.sentIds).toEqual(["a", "b"]);
    expect(world.now - startedAt).toBeLessThan(minute);
  });

  test("finds an id in a block, without an id of its own, and beside what is no play", async () => {
    const world = new World();
    const anonymous = {
      user_id: "u",
      track: { artist: "Coldplay", title: "Yellow" },
      started_at: someTime - minute,
    };
    world.arrive("no play");
    world.arrive(JSON.stringify(anonymous));
    await world.advance(minute);
    const entry = world.plays()[0];
    if (entry === undefined) throw new Error("no play arrived");
    const sender = world.sender(idsFor(world.archive, [entry.play]));

    await sendAll(sender, [entry.play]);

    expect([sender.sent, sender.leftOut]).toEqual([0, 1]);
  });

  test("an id that only shares its hash with one in the archive is sent", async () => {
    const world = new World();
    world.arrive(encodePlay(named("a")));
    await world.advance(minute);
    const plays = ["a", "b"].map(named);
    const sameForAll = (_: string, out: { hi: number; lo: number }) => Object.assign(out, { hi: 1, lo: 1 });
    const sender = world.sender(idsFor(world.archive, plays, sameForAll));

    await sendAll(sender, plays);

    expect([world.sentIds, sender.leftOut]).toEqual([["b"], 1]);
  });

  test("sees what the archive gains between two chunks", async () => {
    const world = new World();
    const plays = ["a", "b"].map(named);
    const sender = world.sender(idsFor(world.archive, plays));
    await sendAll(sender, plays.slice(0, 1));
    world.arrive(encodePlay(named("b")), 1);
    await world.advance(20 * minute);

    await sendAll(sender, plays.slice(1));

    expect([world.sentIds, sender.leftOut]).toEqual([["a"], 1]);
  });

  test("waits for an archive that is behind, says so once, and then goes on", async () => {
    const world = new World();
    world.archiveLagMs = 6.5 * minute;
    world.arrive(encodePlay(named("a")));
    await world.advance(6 * minute);
    const plays = [named("a")];
    const sender = world.sender(idsFor(world.archive, plays));

    await sendAll(sender, plays);

    expect([sender.sent, sender.leftOut]).toEqual([0, 1]);
    expect(world.said).toEqual([
      "the archive lacks what arrived at 2026-11-20T12:00:00.000Z in plays/shardId-000000000000; waiting for it",
    ]);
  });

  test("gives up on an archive that nobody writes, and has sent nothing", async () => {
    const world = new World();
    world.archiveLagMs = Number.POSITIVE_INFINITY;
    world.arrive("no play", 1);
    await world.advance(6 * minute);
    const plays = [named("a")];

    const sending = sendAll(world.sender(idsFor(world.archive, plays)), plays);

    await expect(sending).rejects.toThrow(
      /^the archive lacks what arrived at .+ in plays\/shardId-000000000001: nobody writes it/,
    );
    expect(world.puts).toEqual([]);
  });

  test("an archive that falls behind while plays are sent stops the sending", async () => {
    const world = new World();
    const plays = ["a", "b"].map(named);
    const sender = world.sender(idsFor(world.archive, plays));
    await sendAll(sender, plays.slice(0, 1));
    world.archiveLagMs = Number.POSITIVE_INFINITY;
    world.arrive("no play");
    await world.advance(6 * minute);

    await expect(sendAll(sender, plays.slice(1))).rejects.toThrow("the archive lacks");
    expect(world.sentIds).toEqual(["a"]);
  });

  test("says so where a put took longer than the horizon", async () => {
    const world = new World();
    world.putMs = horizon + 1;
    const plays = [named("a")];

    await expect(sendAll(world.sender(idsFor(world.archive, plays)), plays)).rejects.toThrow(
      /took 1 plays 10 minutes after they were looked for/,
    );
  });

  test("does not send a play that nobody looked for", async () => {
    const world = new World();
    const sender = world.sender(idsFor(world.archive, [named("a")]));

    await expect(sendAll(sender, [named("z")])).rejects.toThrow("the file has changed");
    expect(world.puts).toEqual([]);
  });

  test("a play that counts elsewhere meanwhile counts once, whenever it comes and however the archive lags", async () => {
    const someId = fc.integer({ min: 0, max: 9 }).map((n) => `id-${n}`);
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          lag: fc.constantFrom(0, 1_000, minute, 4 * minute, 7 * minute),
          putMs: fc.constantFrom(10, minute, 3 * minute),
          live: fc.uniqueArray(
            fc.record({ id: someId, at: fc.integer({ min: 0, max: 60 }), shard: fc.nat(1) }),
            { selector: ({ id }) => id, maxLength: 10 },
          ),
          chunks: fc.array(
            fc.record({ ids: fc.array(someId, { minLength: 1, maxLength: 3 }), after: fc.nat(15) }),
            { maxLength: 6 },
          ),
        }),
        async ({ lag, putMs, live, chunks }) => {
          const world = new World();
          Object.assign(world, { archiveLagMs: lag, putMs });
          world.live = live
            .map(({ id, at, shard }) => ({ at: someTime + at * minute, play: named(id), shard }))
            .sort((a, b) => a.at - b.at);
          const plays = chunks.flatMap(({ ids }) => ids.map(named));
          const sender = world.sender(idsFor(world.archive, plays));

          for (const { ids, after } of chunks) {
            await world.advance(after * minute);
            await sendAll(sender, ids.map(named)).catch((error: Error) => {
              expect(error.message).toContain("the archive lacks");
            });
          }
          await world.advance(60 * minute);

          for (const [id, count] of countsOf(world.plays())) expect(`${id} ${count}`).toBe(`${id} 1`);
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** How often each id counts: what is within the horizon is a duplicate, and a marked one counts where no marked one did. */
function countsOf(
  arrivals: readonly { readonly play: Play; readonly arrivedAt: number }[],
): Map<string, number> {
  const counts = new Map<string, number>();
  const latest = new Map<string, number>();
  const claimed = new Set<string>();
  for (const { play, arrivedAt } of arrivals) {
    const id = play.eventId;
    const isDuplicate = arrivedAt - (latest.get(id) ?? Number.NEGATIVE_INFINITY) <= horizon;
    latest.set(id, arrivedAt);
    if (isDuplicate) continue;
    if (play.dedupe === "always" && claimed.has(id)) continue;
    // A producer's own play after the import is the producer's: it counts as any play beyond the horizon does.
    if (play.dedupe !== "always" && claimed.has(id)) continue;
    if (play.dedupe === "always") claimed.add(id);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

describe("an archive that is listed while it is written", () => {
  const record = (sequenceNumber: string, id: string): ArchivedRecord => ({
    shard: shards[0] ?? ("" as ShardKey),
    sequenceNumber,
    arrivedAt: someTime,
    partitionKey: "p",
    data: Buffer.from(encodePlay(named(id))),
  });
  const object = (first: string): ArchiveObject => ({
    shard: shards[0] ?? ("" as ShardKey),
    hour: someTime,
    first,
    path: `object ${first}`,
  });

  test("an object that a list misses, though it has a later one, is read with the next", async () => {
    const contents = new Map([
      ["object 1", [record("1", "a")]],
      ["object 2", [record("2", "b")]],
    ]);
    const lists = [[object("2")], [object("1"), object("2")]];
    const archive: ArchiveSource = {
      list: () => Promise.resolve(lists.length > 1 ? (lists.shift() ?? []) : (lists[0] ?? [])),
      read: async function* ({ path }) {
        yield* contents.get(path) ?? [];
      },
    };
    const ids = idsFor(archive, ["a", "b"].map(named));

    await ids.read();

    expect([ids.has("a"), ids.has("b"), ids.lastRead(object("1").shard)]).toEqual([true, true, "2"]);
  });

  test("an object that grew is read on, and so is the one that follows it", async () => {
    const contents = new Map([["object 1", [record("1", "a")]]]);
    const archive: ArchiveSource = {
      list: () => Promise.resolve([...contents.keys()].map((path) => object(path.slice(-1)))),
      read: async function* ({ path }) {
        yield* contents.get(path) ?? [];
      },
    };
    const ids = idsFor(archive, ["a", "b", "c"].map(named));
    await ids.read();
    contents.get("object 1")?.push(record("2", "b"));
    contents.set("object 3", [record("3", "c")]);

    await ids.read();

    expect([ids.has("b"), ids.has("c"), ids.lastRead(object("1").shard)]).toEqual([true, true, "3"]);
  });
});

test("a play that no longer fits once it is marked is told apart", () => {
  const plain = aPlay({ ext: { x: "y".repeat(10_240) } });
  const fits = aPlay({ ext: { x: "y".repeat(10_240 - 300) } });

  expect(markedPlay(plain)).toEqual({
    ok: false,
    error: { field: "record", reason: 'longer than 10240 bytes with "dedupe":"always"' },
  });
  expect(markedPlay(fits).ok).toBe(true);
});
