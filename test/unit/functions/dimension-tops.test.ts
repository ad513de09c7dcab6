import { describe, expect, test } from "vitest";
import { planCorrection } from "#cli/forget/plan-correction.ts";
import { Simulator } from "#simulator/simulator.ts";
import { type Dimension, dimensions } from "#src/domain/counter.ts";
import { DimensionTops, monitoredSongs, monitoredValues } from "#src/domain/dimension-tops.ts";
import { StaleEpochError } from "#src/domain/errors.ts";
import { type EpochMs, judge, type Play, type UserId } from "#src/domain/play.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { decodeTops, type TopsDocument, topsKey } from "#src/wire/tops-codec.ts";
import { aPlay } from "#test/support/builders.ts";
import { kinesisEvent, Pipeline, type PipelineStores } from "#test/support/pipeline.ts";

const dayMs = 86_400_000;
/** As test/support/pipeline.ts has it. */
const topsEveryMs = 5_000;
const midnight = Date.parse("2026-11-20T00:00:00Z");

/** A pipeline whose clock moves on by what the test says; plays arrive when it is their time. */
class Day {
  now = midnight + 12 * 3_600_000;
  readonly pipeline: Pipeline;
  readonly #consume: ReturnType<Pipeline["container"]>;
  #sequence = 0;

  constructor(stores?: PipelineStores) {
    this.pipeline = new Pipeline({ now: () => this.now, ...(stores && { stores }) });
    this.#consume = this.pipeline.container();
  }

  async put(plays: readonly Play[], shard = 0): Promise<void> {
    const records = plays.map((play) => {
      this.#sequence += 1;
      return { sequenceNumber: String(this.#sequence), data: encodePlay(play), arrivedAt: this.now };
    });
    await this.#consume(kinesisEvent(records, shard));
  }

  /** Plays that arrive, and are an epoch at once; then time goes by. */
  async epoch(plays: readonly Play[], thenMs: number = topsEveryMs): Promise<void> {
    await this.put(plays);
    await this.pipeline.runEpochs();
    this.now += thenMs;
  }

  async document(dimension: Dimension = "genre"): Promise<TopsDocument> {
    const key = topsKey(dimension);
    const published = await this.pipeline.stores.publications.read(key);
    if (published === undefined) throw new Error("nothing is published");
    return decodeTops(key, published.body);
  }

  /** Plays by song, as published. */
  async songs(value: string, dimension: Dimension = "genre"): Promise<Record<string, number>> {
    const { monitored } = new DimensionTops((await this.document(dimension)).tops).songsOf(value);
    return Object.fromEntries(monitored.map(({ id, count }) => [id, count]));
  }

  /** Of the songs that are named, one play of each, now. */
  rock(...ids: string[]): Play[] {
    return ids.map((id) => this.aPlay({ track: { id, title: `t${id}`, artist: "A", genre: "Rock" } }));
  }

  aPlay(overrides: Parameters<typeof aPlay>[0] = {}): Play {
    return aPlay({ startedAt: this.now, ...overrides });
  }
}

const valuesOf = ({ track, platform, mood, geo }: Play): Record<Dimension, string | undefined> => ({
  ...{ genre: track.genre, platform, mood, country: geo?.country },
});

/** How often each song was played of each value. */
function exact(plays: readonly Play[], dimension: Dimension): Map<string, Map<string, number>> {
  const byValue = new Map<string, Map<string, number>>();
  for (const play of plays) {
    const value = valuesOf(play)[dimension];
    if (value === undefined || !judge(play).qualified) continue;
    const songs = byValue.get(value) ?? new Map<string, number>();
    byValue.set(value, songs.set(play.track.id, (songs.get(play.track.id) ?? 0) + 1));
  }
  return byValue;
}

/** What is printed of every value holds for every song. Returns how many figures were compared. */
function expectBounds(tops: DimensionTops, plays: readonly Play[], dimension: Dimension): number {
  let compared = 0;
  for (const [value, songs] of exact(plays, dimension)) {
    const { floor, monitored } = tops.songsOf(value);
    const counts = new Map(monitored.map((entry) => [entry.id, entry]));
    for (const [id, came] of songs) {
      const { count, error } = counts.get(id) ?? { count: floor, error: floor };
      if (came > count || count - error > came || error > floor)
        throw new Error(`${dimension} ${value} ${id}: ${came} plays, printed ${count} - ${error}, ${floor}`);
      compared += 1;
    }
    expect(monitored.length).toBeLessThanOrEqual(monitoredSongs);
  }
  return compared;
}

describe("the songs of each value", () => {
  test.each([1, 2, 3])(
    "of a simulated stream keep to the printed bound, seed %d",
    async (seed) => {
      const day = new Day();
      const simulator = new Simulator({ seed, users: 500, songs: 3_000 });
      const plays: Play[] = [];
      for (let epoch = 0; epoch < 12; epoch++) {
        const some = Array.from({ length: 500 }, () => simulator.next(day.now as EpochMs));
        plays.push(...some);
        await day.epoch(some, 2_000); // not every epoch publishes
      }
      day.now += topsEveryMs;
      await day.epoch([]);
      const last = day.rock("last");
      await day.epoch(last);

      for (const dimension of dimensions) {
        const { tops } = await day.document(dimension);
        const compared = expectBounds(new DimensionTops(tops), [...plays, ...last], dimension);
        expect(compared).toBeGreaterThan(1_000);
      }
      const { tops } = await day.document("genre");
      const counts = tops.values.monitored;
      expect(counts.every(({ error }) => error === 0)).toBe(true); // there are fewer genres than counters
      const allExact = exact([...plays, ...last], "genre");
      for (const { id: value } of counts) {
        const [best] = [...(allExact.get(value) ?? [])].sort(([, a], [, b]) => b - a);
        expect(Object.keys(await day.songs(value))).toContain(best?.[0]);
      }
    },
    60_000,
  );

  test("keep to it where more values come than have counters", async () => {
    const day = new Day();
    const plays: Play[] = [];
    for (let epoch = 0; epoch < 8; epoch++) {
      const some = Array.from({ length: 300 }, (_, i) => {
        const n = (i * i + 31 * epoch) % 97;
        const genre = i % 3 === 0 ? "Rock" : `genre ${n}`;
        return day.aPlay({ track: { id: `S${(i * 7 + epoch) % 60}`, artist: "A", genre } });
      });
      plays.push(...some);
      await day.epoch(some);
    }

    const { tops } = await day.document();
    expect(tops.values.monitored).toHaveLength(monitoredValues);
    expect(tops.values.monitored[0]?.id).toBe("Rock");
    expect(tops.values.floor).toBeGreaterThan(0);
    expect(tops.values.monitored.some(({ error }) => error > 0)).toBe(true);
    expectBounds(new DimensionTops(tops), plays, "genre");
  });

  test("are today's qualified plays, with the names of the songs", async () => {
    const day = new Day();
    const track = { id: "S1", artist: "A", title: "t", genre: "Rock" };
    await day.epoch([
      day.aPlay({ track, mood: "Chill", platform: "ios", geo: { country: "DE" } }),
      day.aPlay({ track, msPlayed: 29_999 }),
      day.aPlay({ track, startedAt: midnight - 1 }),
      day.aPlay({ track: { id: "S2", artist: "A" } }),
    ]);

    for (const [dimension, value] of [
      ["genre", "Rock"],
      ["mood", "Chill"],
      ["platform", "ios"],
      ["country", "DE"],
    ] as const) {
      const { day: of, since, tops } = await day.document(dimension);
      expect({ of, since }).toEqual({ of: midnight, since: undefined });
      expect(tops.values.monitored.map(({ id }) => id)).toEqual([value]);
      expect(new DimensionTops(tops).songsOf(value)).toEqual({
        ...{ total: 1, floor: 0 },
        monitored: [{ id: "S1", label: { title: "t", artist: "A" }, count: 1, error: 0 }],
      });
    }
  });

  test("are published at the first epoch, and then once in a while, with all that came since", async () => {
    const day = new Day();
    day.now = midnight;
    await day.epoch(day.rock("S1"), 4_999);
    await day.epoch(day.rock("S1", "S2"), 1);
    const before = await day.songs("Rock");

    await day.epoch(day.rock("S2"));

    expect(before).toEqual({ S1: 1 });
    expect(await day.songs("Rock")).toEqual({ S1: 2, S2: 2 });
    expect((await day.document()).now).toBe(midnight + 5_000);
  });

  test("start anew with the first epoch of another day, and say which plays are left out", async () => {
    const day = new Day();
    const ahead = { startedAt: midnight + dayMs + 1_000, track: { id: "S3", artist: "A", genre: "Rock" } };
    day.now = midnight + dayMs - 4_000;
    await day.epoch(day.rock("S1"), 2_000);
    await day.epoch([...day.rock("S1"), day.aPlay(ahead)], 6_000);

    await day.epoch([...day.rock("S2"), day.aPlay(ahead)], 1_000);
    await day.epoch(day.rock("S2"));
    await day.epoch(day.rock("S2"));

    expect(await day.songs("Rock")).toEqual({ S2: 3, S3: 1 });
    expect(await day.document()).toMatchObject({ day: midnight + dayMs, since: midnight + dayMs - 2_000 });
  });

  test("leave out marked plays whose id has counted, in this epoch, since the last one or before", async () => {
    const day = new Day();
    const marked = (id: string): Play => ({ ...day.rock("S1")[0], eventId: id, dedupe: "always" }) as Play;
    await day.epoch([marked("a"), marked("b")]);
    await day.put([marked("c")], 0);
    await day.put([marked("c"), marked("a")], 1);
    await day.epoch([], 1_000);
    day.now += 700_000; // beyond the dedupe horizon

    await day.epoch([marked("b"), marked("c"), marked("d")]);

    const { plays } = (await day.pipeline.stores.counters.read(["SONG#S1" as never]))[0]?.totals ?? {};
    expect(plays).toBe(4);
    expect(await day.songs("Rock")).toEqual({ S1: 4 });
  });

  test("begin where a store begins to publish them", async () => {
    const day = new Day();
    await day.epoch(day.rock("S1"));
    const { read, write } = day.pipeline.stores.publications;
    const withoutTops = new Map<string, boolean>();
    day.pipeline.stores.publications.read = (key) =>
      key.startsWith("TOPS#") && !withoutTops.has(key)
        ? Promise.resolve(undefined)
        : read.call(day.pipeline.stores.publications, key);
    day.pipeline.stores.publications.write = (key, publication) => {
      withoutTops.set(key, true);
      return write.call(day.pipeline.stores.publications, key, publication);
    };

    await day.epoch(day.rock("S2"));

    expect(await day.songs("Rock")).toEqual({ S2: 1 });
    expect((await day.document()).since).toBe(midnight + 12 * 3_600_000);
  });

  test.each(dimensions)(
    "are written once although a run dies around the document of %s",
    async (dimension) => {
      for (const when of ["before", "after"] as const) {
        const day = new Day();
        await day.epoch(day.rock("S1", "S1"));
        await day.put(day.rock("S2"));
        const planned = await day.pipeline.plan();
        if (planned.kind !== "epoch") throw new Error("no epoch");
        const { publications } = day.pipeline.stores;
        const dying = {
          ...day.pipeline.stores,
          publications: {
            read: publications.read.bind(publications),
            write: async (key: string, publication: never) => {
              if (key !== topsKey(dimension)) return publications.write(key as never, publication);
              if (when === "after") await publications.write(key as never, publication);
              throw new Error("the container is gone");
            },
          },
        } as PipelineStores;
        await expect(day.pipeline.reduce(planned.epoch, dying)).rejects.toThrow("the container is gone");

        await day.pipeline.reduce(planned.epoch);
        await day.pipeline.reduce(planned.epoch);

        expect(await day.songs("Rock")).toEqual({ S1: 2, S2: 1 });
        for (const each of dimensions) expect((await publications.read(topsKey(each)))?.epoch).toBe(2);
      }
    },
  );

  test("of a later epoch stop a run that slept", async () => {
    const day = new Day();
    await day.put(day.rock("S1"));
    const planned = await day.pipeline.plan();
    if (planned.kind !== "epoch") throw new Error("no epoch");
    const { publications } = day.pipeline.stores;
    await publications.write(topsKey("mood"), { epoch: 2 as never, body: "{}" });

    await expect(day.pipeline.reduce(planned.epoch)).rejects.toThrow(StaleEpochError);
  });

  test("start anew where somebody is forgotten, say so, and count on", async () => {
    const day = new Day();
    await day.epoch(day.rock("S1", "S2"));
    const base = await day.pipeline.stores.epochs.latest();
    if (base === undefined) throw new Error("no epoch");
    const correction = { userId: "user-1" as UserId, counters: [], windows: [], rejects: [] };
    const at = day.now as EpochMs;
    await planCorrection(day.pipeline.stores, base, correction, at);

    await day.pipeline.runEpochs();

    for (const dimension of dimensions) {
      const { since, now, tops } = await day.document(dimension);
      expect({ since, now }).toEqual({ since: at, now: at });
      expect(tops.values.monitored).toEqual([]);
    }
    day.now += topsEveryMs;
    await day.epoch(day.rock("S2"));
    expect(await day.songs("Rock")).toEqual({ S2: 1 });
    expect((await day.document()).since).toBe(at);
  });

  /** The stores as they are without the segments of now; what is read of them is noted. */
  async function withoutSegments({ stores }: Pipeline): Promise<PipelineStores> {
    const gone = new Set((await stores.segments.readHeads()).map(({ position }) => position));
    const readRange: PipelineStores["segments"]["readRange"] = async function* (...range) {
      for await (const segment of stores.segments.readRange(...range))
        if (!gone.has(segment.head.position)) yield segment;
    };
    return { ...stores, segments: Object.assign(Object.create(stores.segments), { readRange }) };
  }

  async function planned(day: Day) {
    const plan = await day.pipeline.plan();
    if (plan.kind !== "epoch") throw new Error("no epoch");
    return plan.epoch;
  }

  test("do not need the segments of another day", async () => {
    const day = new Day();
    await day.epoch(day.rock("S1"), 1_000);
    await day.epoch(day.rock("S1"), dayMs); // not published, and then nobody plays for a day
    const expired = await withoutSegments(day.pipeline);
    await day.put(day.rock("S2"));

    await day.pipeline.reduce(await planned(day), expired);

    expect(await day.songs("Rock")).toEqual({ S2: 1 });
  });

  test("of an epoch whose plays are all of other days are published, and its segments read once", async () => {
    const day = new Day();
    await day.epoch(day.rock("S1"));
    await day.put([day.aPlay({ startedAt: (midnight - 1) as EpochMs })]);
    const epoch = await planned(day);
    const { stores } = day.pipeline;
    let read = 0;
    const readRange: PipelineStores["segments"]["readRange"] = (...range) => {
      read += 1;
      return stores.segments.readRange(...range);
    };
    const segments = Object.assign(Object.create(stores.segments), { readRange });

    await day.pipeline.reduce(epoch, { ...stores, segments });

    expect(read).toBe(1);
    expect(await day.songs("Rock")).toEqual({ S1: 1 });
    expect((await day.document()).now).toBe(day.now);
    await day.pipeline.runEpochs();
    day.now += topsEveryMs;
    await day.epoch(day.rock("S2"));
    expect(await day.songs("Rock")).toEqual({ S1: 1, S2: 1 });
  });

  test("are not published where a segment of theirs is missing", async () => {
    const day = new Day();
    await day.epoch(day.rock("S1"), 1_000);
    await day.epoch(day.rock("S1"));
    const missing = await withoutSegments(day.pipeline);
    await day.put(day.rock("S2"));
    const epoch = await planned(day);

    await expect(day.pipeline.reduce(epoch, missing)).rejects.toThrow(/have a gap after/);
    await day.pipeline.reduce(epoch);

    expect(await day.songs("Rock")).toEqual({ S1: 2, S2: 1 });
  });
});
