import { expect, test } from "vitest";
import { Catalog } from "#simulator/catalog.ts";
import {
  createSimulator,
  type SimulatorOptions,
  simulatePlays,
  simulatorClient,
} from "#simulator/simulator.ts";
import { Zipf } from "#simulator/zipf.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { judge } from "#src/domain/play.ts";
import { encodePlay, parsePlay } from "#src/wire/play-codec.ts";
import { someTime } from "#test/support/builders.ts";

const simulate = (count: number, options: Partial<SimulatorOptions> = {}) => {
  const simulator = createSimulator({ seed: 1, users: 500, songs: 1000, ...options });
  return [...simulatePlays(simulator, { from: someTime, count, rate: 100 })];
};
const share = <T>(items: readonly T[], claim: (item: T) => boolean): number =>
  items.filter(claim).length / items.length;

test("the same seed gives the same plays, another one others", () => {
  expect(simulate(500)).toEqual(simulate(500));
  expect(simulate(500, { seed: 2 })).not.toEqual(simulate(500));
});

test("every play is valid, has an id of its own and says where it comes from", () => {
  const plays = simulate(5000);

  for (const play of plays) {
    expect(parsePlay(encodePlay(play), play.startedAt, nodeRecordCodec.sha256)).toEqual({
      ok: true,
      value: play,
    });
    expect(play.client).toBe(simulatorClient);
  }
  expect(new Set(plays.map((play) => play.eventId)).size).toBe(plays.length);
});

test("plays are spread evenly over their time", () => {
  expect(simulate(4).map((play) => play.startedAt - someTime)).toEqual([0, 10, 20, 30]);
});

test("a run at another time has other event ids", () => {
  const simulator = () => createSimulator({ seed: 1, users: 5, songs: 5 });

  expect(simulator().next(someTime).eventId).not.toBe(simulatePlaysLater(simulator()).eventId);
});

const simulatePlaysLater = (simulator: ReturnType<typeof createSimulator>) => {
  const [play] = simulatePlays(simulator, { from: (someTime + 1) as typeof someTime, count: 1, rate: 1 });
  if (play === undefined) throw new Error("no play");
  return play;
};

test("a listener keeps home, platform and device, and comes back to favourite artists", () => {
  const plays = simulate(20_000, { users: 50 });
  const byUser = Map.groupBy(plays, (play) => play.userId);

  for (const own of byUser.values()) {
    expect(
      new Set(own.map(({ geo, tz, platform, deviceId }) => JSON.stringify([geo, tz, platform, deviceId]))),
    ).toHaveLength(1);
  }
  const favourites = [...byUser.values()].map((own) => {
    const artists = [...Map.groupBy(own, (play) => play.track.artist).values()].map((found) => found.length);
    const best = artists.sort((a, b) => b - a).slice(0, 5);
    return best.reduce((sum, count) => sum + count, 0) / own.length;
  });
  expect(share(favourites, (part) => part > 0.4)).toBeGreaterThan(0.9);
});

test("a listener has one session at a time", () => {
  const sessions = Map.groupBy(simulate(5000, { users: 20 }), (play) => play.userId);

  for (const own of sessions.values()) {
    const ids = own.map((play) => play.sessionId);
    const changes = ids.filter((id, i) => id !== ids[i - 1]).length;
    expect(new Set(ids).size).toBe(changes);
  }
});

test("some plays are skipped, most are completed, few are rated", () => {
  const plays = simulate(20_000);

  expect(share(plays, (play) => play.endReason === "skip")).toBeGreaterThan(0.08);
  expect(share(plays, (play) => judge(play).completed)).toBeGreaterThan(0.7);
  expect(share(plays, (play) => !judge(play).qualified)).toBeGreaterThan(0.04);
  expect(share(plays, (play) => play.rating !== undefined)).toBeCloseTo(0.12, 1);
});

test.each([
  [1, 1],
  [2, 3],
  [3, 11],
])("%i users and %i songs are enough", (users, songs) => {
  const plays = simulate(200, { users, songs });

  expect(new Set(plays.map((play) => play.userId)).size).toBeLessThanOrEqual(users);
  expect(new Set(plays.map((play) => play.track.id)).size).toBeLessThanOrEqual(songs);
});

test("a rank's share follows Zipf's law", () => {
  const zipf = new Zipf(1000);
  const counts = new Array<number>(1000).fill(0);
  for (let i = 0; i < 1_000_000; i++) {
    const rank = zipf.rank((i + 0.5) / 1_000_000);
    counts[rank] = (counts[rank] ?? 0) + 1;
  }

  const [first = 0] = counts;
  for (const rank of [1, 9, 99, 999]) expect((counts[rank] ?? 0) * (rank + 1)).toBeCloseTo(first, -4);
  expect(zipf.rank(0)).toBe(0);
  expect(zipf.rank(1 - 2 ** -53)).toBe(999);
});

test("artists have names of their own, and a song has one artist", () => {
  const catalog = new Catalog(200_000, 9);
  const names = new Set(Array.from({ length: catalog.artists }, (_, artist) => catalog.artistName(artist)));

  expect(names.size).toBe(catalog.artists);
  for (const artist of [0, 7, catalog.artists - 1]) {
    for (const part of [0, 0.5, 0.999]) {
      const song = catalog.songOf(artist, part);
      expect(song).toBeLessThan(catalog.songs);
      expect(catalog.track(song).artist).toBe(catalog.artistName(artist));
    }
  }
});
