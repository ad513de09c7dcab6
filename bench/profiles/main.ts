import { DeleteTableCommand } from "@aws-sdk/client-dynamodb";
import { Random } from "#simulator/random.ts";
import { DynamoDbProfileStore } from "#src/adapters/dynamodb/dynamodb-profile-store.ts";
import { fitsInOneUnit } from "#src/adapters/dynamodb/profile-layers.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { ListenerFold } from "#src/domain/listener-fold.ts";
import type { EpochMs, Play, UserId } from "#src/domain/play.ts";
import { addProfiles } from "#src/domain/profile.ts";
import { type ProfileDelta, playsIn, profileOf } from "#src/domain/profile-plays.ts";
import { SegmentBuilder } from "#src/domain/segment-builder.ts";
import { type DynamoDbLocal, whyUnavailable, withDynamoDb } from "#test/support/dynamodb-local.ts";
import { table } from "../cost/markdown.ts";
import { CapacityMeter, totalUnits } from "../cost/meter.ts";
import { prices } from "../cost/prices.ts";
import { World } from "../cost/world.ts";

/* What a fold into a warm profile takes in DynamoDB, by how the profile lies there (ADR 23): `node bench/profiles/main.ts`. */

const listeners = 12;
const folds = 130;
/** A listener who listens plays about every 210 s, so a fold of 15 minutes brings 1 + 3.3 plays. */
const morePlays = 3.3;
const now = Date.parse("2026-11-20T20:30:00Z");
const dayMs = 86_400_000;

interface Layout {
  readonly name: string;
  /** Undefined for a profile that is rewritten as a whole. */
  readonly runs: number | undefined;
}

const layouts: readonly Layout[] = [
  { name: "rewritten as a whole", runs: undefined },
  ...[0, 2, 4, 8, 16].map((runs) => ({ name: `a head, ${runs} runs, a base`, runs })),
];

interface Units {
  readonly writeUnits: number;
  readonly readUnits: number;
}

class Bench {
  readonly #local: DynamoDbLocal;
  readonly #meter: CapacityMeter;
  readonly #world = new World(1000, 1);

  constructor(local: DynamoDbLocal) {
    this.#local = local;
    this.#meter = new CapacityMeter(local);
  }

  async run(days: number): Promise<void> {
    const rows: string[][] = [];
    for (const layout of layouts) {
      const { fold, read } = await this.#measure(layout, days);
      const dollars =
        fold.writeUnits * prices.dynamoDbWriteUnits.dollars +
        fold.readUnits * prices.dynamoDbReadUnits.dollars;
      rows.push([layout.name, ...[fold.writeUnits, fold.readUnits, dollars, read].map((n) => n.toFixed(2))]);
    }
    const header = [
      "layout",
      "write units a fold",
      "read units a fold",
      "$ a million folds",
      "units to read it",
    ];
    console.log(`\n${days} days:\n\n${table(header, rows)}`);
  }

  async #measure({ runs }: Layout, days: number): Promise<{ readonly fold: Units; readonly read: number }> {
    const tableName = await this.#local.createTable();
    const limits = {
      runs: runs ?? 0,
      fits: (user: UserId, _: number, bytes: number) => fitsInOneUnit(user, bytes),
    };
    const store = new DynamoDbProfileStore(this.#local.client, tableName, limits);
    const sum = { writeUnits: 0, readUnits: 0 };
    let read = 0;
    for (let i = 0; i < listeners; i++) {
      const [first, ...deltas] = this.#historyOf(i, days);
      if (first === undefined) continue;
      await store.add(1 as EpochNumber, [{ delta: first, head: undefined }]);
      await this.#meter.take();
      for (const [j, delta] of deltas.entries())
        await (runs === undefined ? rewrite(store, j + 2, delta) : fold(store, j + 2, delta));
      const { writeUnits, readUnits } = totalUnits((await this.#meter.take()).usage);
      sum.writeUnits += writeUnits;
      sum.readUnits += readUnits;
      await store.read([first.userId]);
      read += totalUnits((await this.#meter.take()).usage).readUnits;
    }
    await this.#local.client.send(new DeleteTableCommand({ TableName: tableName }));
    const all = listeners * folds;
    return {
      fold: { writeUnits: sum.writeUnits / all, readUnits: sum.readUnits / all },
      read: read / listeners,
    };
  }

  /** What a listener's profile holds, and what the last folds add to it. */
  #historyOf(i: number, days: number): readonly ProfileDelta[] {
    const listener = Math.floor(((i + 0.5) / listeners) ** 1.6 * this.#world.listeners);
    const plays = Math.round(1000 * 86_400 * days * this.#world.listenerShare(listener));
    const random = new Random(i + 1);
    const sizes = Array.from({ length: folds }, () => 1 + poisson(random, morePlays));
    const recent = sizes.reduce((sum, size) => sum + size, 0);
    const history = [
      ...this.#world.historyOf(listener, plays + recent, (now - days * dayMs) as EpochMs, now as EpochMs),
    ];
    const ends = sizes.map((_, fold) => sizes.slice(0, fold + 1).reduce((sum, size) => sum + size, plays));
    return [0, plays, ...ends.slice(0, -1)]
      .map((start, piece) => history.slice(start, piece === 0 ? plays : ends[piece - 1]))
      .map(deltaOfPlays);
  }
}

function poisson(random: Random, mean: number): number {
  let count = 0;
  for (let product = random.next(); product > Math.exp(-mean); product *= random.next()) count += 1;
  return count;
}

function deltaOfPlays(plays: readonly Play[]): ProfileDelta {
  const builder = new SegmentBuilder();
  for (const play of plays) builder.addPlay(play, 0, 0, play.startedAt);
  const listenerFold = new ListenerFold();
  listenerFold.add(builder.finish(() => Number.POSITIVE_INFINITY));
  const [delta] = listenerFold.deltas();
  if (delta === undefined) throw new Error("no plays");
  return delta;
}

async function fold(store: DynamoDbProfileStore, epoch: number, delta: ProfileDelta): Promise<void> {
  const head = (await store.heads([delta.userId])).get(delta.userId);
  await store.add(epoch as EpochNumber, [{ delta, head }]);
}

async function rewrite(store: DynamoDbProfileStore, epoch: number, delta: ProfileDelta): Promise<void> {
  const stored = (await store.read([delta.userId])).get(delta.userId);
  if (stored === undefined) throw new Error("no profile");
  const profile = addProfiles(stored.profile, profileOf(delta.userId, playsIn(delta.played)));
  await store.write(epoch as EpochNumber, [{ profile, epochRead: stored.epoch }]);
}

const problem = whyUnavailable();
if (problem === undefined) {
  await withDynamoDb(async (local) => {
    const bench = new Bench(local);
    for (const days of [28, 90]) await bench.run(days);
  });
} else {
  console.error(problem);
  process.exitCode = 1;
}
