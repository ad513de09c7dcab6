import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KinesisClient, PutRecordCommand } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { createReleaseHandler } from "#functions/mapreduce/release-handler.ts";
import { Engine } from "#local/engine.ts";
import { Runtime, type RuntimeOptions } from "#local/runtime.ts";
import { type WorkflowHandlers, WorkflowRunner } from "#local/workflow-runner.ts";
import { MemoryLogger } from "#src/adapters/memory/memory-logger.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { allTime } from "#src/domain/windows.ts";
import type { ServerMessage } from "#src/wire/push-protocol.ts";
import { followChart } from "#test/support/followed-chart.ts";
import { kinesisEvent, Pipeline } from "#test/support/pipeline.ts";
import { until } from "#test/support/until.ts";

let dir = "";
let logger = new MemoryLogger();
const running = new Set<Runtime>();
const cleanups: (() => void)[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "earworm-runtime-"));
  logger = new MemoryLogger();
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) cleanup();
  for (const runtime of running) await stop(runtime);
  rmSync(dir, { recursive: true });
});

async function start(options: Partial<RuntimeOptions> = {}): Promise<Runtime> {
  const runtime = await Runtime.start({
    ...{ dataDir: join(dir, "data"), port: 0, kinesisPort: 0, shards: 1, tickMs: 20 },
    ...{ fsync: false, simulate: 0, logger },
    ...options,
  });
  running.add(runtime);
  return runtime;
}

async function stop(runtime: Runtime): Promise<void> {
  running.delete(runtime);
  await runtime.close();
}

const complaints = () => logger.entries.filter(({ level }) => level === "warn" || level === "error");

interface WirePlay {
  readonly event_id: string;
  readonly user_id: string;
  readonly track: { readonly id: string; readonly artist: string; readonly title: string };
  readonly started_at: string;
}

const aWirePlay = (event_id: string, id = "yellow", artist = "Coldplay", user_id = "me"): WirePlay => ({
  ...{ event_id, user_id, track: { id, artist, title: `title of ${id}` } },
  started_at: new Date().toISOString(),
});

/** Puts a play as a producer with the SDK does. */
async function put({ kinesisPort }: Runtime, play: WirePlay): Promise<void> {
  const client = new KinesisClient({
    endpoint: `http://127.0.0.1:${kinesisPort}`,
    region: "us-east-1",
    credentials: { accessKeyId: "any", secretAccessKey: "any" },
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  });
  const Data = Buffer.from(JSON.stringify(play));
  await client.send(new PutRecordCommand({ StreamName: "plays", PartitionKey: play.user_id, Data }));
  client.destroy();
}

async function post({ port }: Runtime, ...plays: WirePlay[]): Promise<void> {
  const body = JSON.stringify(plays);
  const answer = await fetch(`http://127.0.0.1:${port}/plays`, { method: "POST", body });
  expect(await answer.json()).toMatchObject({ accepted: plays.length, rejected: 0 });
  expect(answer.status).toBe(200);
}

interface Stats {
  readonly plays: number;
  readonly duplicates: number;
  readonly rejects: number;
  readonly lag_plays: number;
  readonly epoch: number;
}

interface Entry {
  readonly id: string;
  readonly plays: number;
}

async function get<T>({ port }: Runtime, path: string): Promise<T> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  expect(answer.status).toBe(200);
  return answer.json() as Promise<T>;
}

const chartOf = async (runtime: Runtime, window: string): Promise<[string, number][]> => {
  const chart = await get<{ entries: Entry[] }>(runtime, `/charts/songs?window=${window}`);
  return chart.entries.map(({ id, plays }) => [id, plays]);
};

/** Waits until so many plays and duplicates are committed. */
const counted = (runtime: Runtime, plays: number, duplicates = 0): Promise<Stats> =>
  until(`${plays} plays and ${duplicates} duplicates`, async () => {
    const stats = await get<Stats>(runtime, "/stats");
    return stats.plays === plays && stats.duplicates === duplicates && stats;
  });

/** A client of a channel; the messages that it got so far. */
async function subscribe({ port }: Runtime, channel: string): Promise<readonly ServerMessage[]> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  cleanups.push(() => socket.terminate());
  const messages: ServerMessage[] = [];
  socket.on("message", (data) => messages.push(...[JSON.parse(String(data))].flat()));
  await once(socket, "open");
  socket.send(JSON.stringify({ action: "subscribe", channel }));
  await until("an answer to subscribe", () => Promise.resolve(messages.length > 0));
  return messages;
}

describe("a play", () => {
  test("of the Kinesis SDK and one of the HTTP API show in the chart and on a subscribed WebSocket", async () => {
    const runtime = await start();
    const messages = await subscribe(runtime, "songs.hot");
    const before = followChart(messages);

    await put(runtime, aWirePlay("a", "yellow"));
    await post(runtime, aWirePlay("b", "clocks"), aWirePlay("c", "clocks"));

    await counted(runtime, 3);
    const expected = [
      ["clocks", 2],
      ["yellow", 1],
    ];
    expect(await chartOf(runtime, "hot")).toEqual(expected);
    expect(await chartOf(runtime, "all")).toEqual(expected);
    expect(before).toMatchObject({ type: "snapshot", channel: "songs.hot", entries: [] });
    const pushed = await until("the chart on the WebSocket", () => {
      const chart = followChart(messages);
      return Promise.resolve(chart?.entries.length === 2 && chart.entries[0]?.plays === 2 && chart);
    });
    expect(pushed.entries.map(({ id, plays }) => [id, plays])).toEqual(expected);
    expect(pushed.seq).toBeGreaterThan(before?.seq ?? 0);
    expect(complaints()).toEqual([]);
  });

  test("that comes again changes nothing but the number of duplicates, whichever way it comes", async () => {
    const runtime = await start();
    const play = aWirePlay("a");
    await put(runtime, play);
    await counted(runtime, 1);
    const chart = await get(runtime, "/charts/songs?window=all");
    const {
      epoch: _,
      as_of: __,
      ...user
    } = await get<{ epoch: number; as_of: string }>(runtime, "/users/me");

    await put(runtime, play);
    await post(runtime, play);

    expect(await counted(runtime, 1, 2)).toMatchObject({ rejects: 0, lag_plays: 0 });
    const { now: _now, ...chartAgain } = await get<{ now: string }>(runtime, "/charts/songs?window=all");
    expect(chart).toMatchObject(chartAgain);
    expect(await get(runtime, "/users/me")).toMatchObject(user);
  });

  test("makes a profile and recommendations of what the listener does not know yet", async () => {
    const runtime = await start();
    await post(
      runtime,
      aWirePlay("a", "yellow", "Coldplay", "ann"),
      aWirePlay("b", "clocks", "Coldplay", "bob"),
      aWirePlay("c", "hello", "Adele", "bob"),
      aWirePlay("d", "one", "U2", "bob"),
    );
    await counted(runtime, 4);

    const user = await get(runtime, "/users/ann");
    const { recommendations } = await get<{ recommendations: Entry[] }>(
      runtime,
      "/users/ann/recommendations",
    );
    const stranger = await get(runtime, "/users/nobody/recommendations");

    expect(user).toMatchObject({ user_id: "ann", plays: 1, favourite_artist: "Coldplay", tracks_heard: 1 });
    expect(recommendations.map(({ id }) => id).sort()).toEqual(["hello", "one"]);
    expect(stranger).toMatchObject({ cold_start: true });
  });

  test("that is none is a reject, and those after it are counted", async () => {
    const runtime = await start();

    await put(runtime, { ...aWirePlay("a"), started_at: "yesterday" });
    await put(runtime, aWirePlay("b"));

    expect(await counted(runtime, 1)).toMatchObject({ rejects: 1, duplicates: 0 });
  });
});

describe("a data directory", () => {
  test("keeps everything over a restart, which goes on where the last run ended", async () => {
    const first = await start();
    await post(first, aWirePlay("a", "yellow"), aWirePlay("b", "clocks"));
    const { epoch } = await counted(first, 2);
    const log = (await get<{ log: string }>(first, "/charts/songs?window=all")).log;
    await stop(first);

    const second = await start();
    const stats = await get<Stats>(second, "/stats");
    await post(second, aWirePlay("a", "yellow"), aWirePlay("c", "clocks"));
    const after = await counted(second, 3, 1);

    expect(stats).toMatchObject({ plays: 2, duplicates: 0, lag_plays: 0 });
    expect(after.epoch).toBeGreaterThan(epoch);
    expect(await chartOf(second, "all")).toEqual([
      ["clocks", 2],
      ["yellow", 1],
    ]);
    expect((await get<{ log: string }>(second, "/charts/songs?window=all")).log).toBe(log);
    expect(await get(second, "/users/me")).toMatchObject({ plays: 3 });
  });

  test("counts at the next start what was acknowledged right before the end", async () => {
    const first = await start({ tickMs: 60_000 });
    await post(first, ...Array.from({ length: 500 }, (_, i) => aWirePlay(`e${i}`, `song-${i % 7}`)));
    await stop(first);

    const second = await start();

    await counted(second, 500);
  });

  test("in use is refused with the flag to change", async () => {
    const first = await start();

    const second = start();

    await expect(second).rejects.toThrow(
      `the data directory ${join(dir, "data")} is in use by another process; choose another with --data-dir`,
    );
    await post(first, aWirePlay("a"));
    await counted(first, 1);
  });
});

describe("a port in use", () => {
  test.each([
    ["--port", (first: Runtime) => ({ port: first.port })],
    ["--kinesis-port", (first: Runtime) => ({ kinesisPort: first.kinesisPort })],
  ])("is refused with %s, and frees all that was taken", async (flag, taken) => {
    const first = await start();
    const dataDir = join(dir, "other");
    const options = taken(first);
    const [port] = Object.values(options);

    const second = start({ dataDir, ...options });

    await expect(second).rejects.toThrow(`port ${port} is in use; choose another with ${flag}`);
    const third = await start({ dataDir });
    await post(third, aWirePlay("a"));
    await counted(third, 1);
  });
});

test("close ends quickly while plays arrive and clients listen", async () => {
  const runtime = await start({ simulate: 500, tickMs: 50 });
  await subscribe(runtime, "songs.hot");
  await until("some simulated plays", async () => (await get<Stats>(runtime, "/stats")).plays > 100);

  const startedAt = performance.now();
  await stop(runtime);

  expect(performance.now() - startedAt).toBeLessThan(2000);
  await expect(fetch(`http://127.0.0.1:${runtime.port}/stats`)).rejects.toThrow();
  expect(complaints()).toEqual([]);
});

const handlersOf = (pipeline: Pipeline): WorkflowHandlers => ({
  plan: ({ execution }: { execution: string }) => pipeline.plan(execution),
  reduce: ({ epoch }: { epoch: EpochNumber }) => pipeline.reduce(epoch),
  charts: ({ epoch }: { epoch: EpochNumber }) => pipeline.charts(epoch),
  "user-behavior": ({ epoch }: { epoch: EpochNumber }) => pipeline.userBehavior(epoch),
  listeners: ({ epoch }: { epoch: EpochNumber }) => pipeline.listeners(epoch),
  recommendation: ({ epoch }: { epoch: EpochNumber }) => pipeline.recommendation(epoch),
  commit: ({ epoch, execution }: { epoch: EpochNumber; execution: string }) =>
    pipeline.commit(epoch, execution),
  broadcast: () => Promise.resolve({}),
  release: createReleaseHandler(pipeline.stores),
});

describe("a stage that fails", () => {
  test("is tried three times, leaves its epoch open and the lease free, and the next run goes on", async () => {
    const pipeline = new Pipeline();
    const { epochs } = pipeline.stores;
    const records = Array.from({ length: 3 }, (_, i) => ({
      ...{ sequenceNumber: String(i + 1), arrivedAt: Date.now() },
      data: JSON.stringify(aWirePlay(`e${i}`)),
    }));
    await pipeline.container()(kinesisEvent(records));
    let calls = 0;
    const handlers: WorkflowHandlers = {
      ...handlersOf(pipeline),
      // All is written when it fails: doing it again must add nothing.
      reduce: async ({ epoch }: { epoch: EpochNumber }) => {
        const figures = await pipeline.reduce(epoch);
        calls += 1;
        if (calls <= 3) throw new Error("the disk is full");
        return figures;
      },
      broadcast: () => Promise.reject(new Error("nobody is there")),
    };
    const runner = new WorkflowRunner(handlers, logger);

    const first = await runner.run();

    expect(first).toBe("failed");
    expect(calls).toBe(3);
    expect(await epochs.latest()).toMatchObject({ epoch: 1, status: "open" });
    const reason = expect.stringContaining("the disk is full");
    expect(logger.entries).toMatchObject([{ level: "error", fields: { reason } }]);
    expect(await epochs.acquireLease("another", Date.now() as EpochMs, 1000)).toBe(true);
    await epochs.releaseLease("another");

    const second = await runner.run();

    expect(second).toBe("succeeded");
    expect(await epochs.latest()).toMatchObject({ epoch: 1, status: "committed" });
    expect((await pipeline.chart("songs", allTime))?.entries).toMatchObject([{ id: "yellow", plays: 3 }]);
    expect(await epochs.acquireLease("another", Date.now() as EpochMs, 1000)).toBe(true);
    await epochs.releaseLease("another");
    expect(await runner.run()).toBe("succeeded"); // nothing to do
    expect(await epochs.latest()).toMatchObject({ epoch: 1 });
  });

  test("is not the end of what settles, also where nothing but rejects is left", async () => {
    const engine = Engine.open({
      ...{ dataDir: join(dir, "data"), shards: 1, tickMs: 60_000, fsync: false, archive: false, logger },
      broadcast: () => Promise.resolve({}),
    });
    await engine.start();
    const { epochs } = engine.stores;
    const create = epochs.create.bind(epochs);
    let failures = 3; // a task's attempts
    epochs.create = (record) => {
      failures -= 1;
      return failures >= 0 ? Promise.reject(new Error("the disk is full")) : create(record);
    };

    await engine.plays.put([{ partitionKey: "a", data: Buffer.from("no play") }]);
    await engine.settle();

    const latest = await epochs.latest();
    expect(latest?.status).toBe("committed");
    expect(latest?.to.reduce((sum, { counts }) => sum + counts.rejects, 0)).toBe(1);
    await engine.close();
  });

  test("of one of several workers leaves its epoch open, and the next run goes on", async () => {
    const pipeline = new Pipeline({ playsPerWorker: 1, maxWorkers: 3 });
    const records = Array.from({ length: 5 }, (_, i) => ({
      ...{ sequenceNumber: String(i + 1), arrivedAt: Date.now() },
      data: JSON.stringify(aWirePlay(`e${i}`)),
    }));
    await pipeline.container()(kinesisEvent(records));
    const calls = [0, 0, 0];
    let failures = 3; // a task's attempts
    let told: unknown;
    const handlers: WorkflowHandlers = {
      ...handlersOf(pipeline),
      commit: async (input: { epoch: EpochNumber; execution: string; figures: unknown }) => {
        told = input.figures;
        return await pipeline.commit(input.epoch, input.execution);
      },
      reduce: async ({ epoch, worker }: { epoch: EpochNumber; worker: number }) => {
        calls[worker] = (calls[worker] ?? 0) + 1;
        if (worker === 1 && failures-- > 0) throw new Error("the disk is full");
        return await pipeline.reduceWorker(epoch, worker);
      },
    };
    const runner = new WorkflowRunner(handlers, logger);

    const first = await runner.run();

    expect(first).toBe("failed");
    expect(calls).toEqual([1, 3, 1]);
    expect(logger.entries).toMatchObject([
      { level: "error", fields: { reason: expect.stringContaining("the disk is full") } },
    ]);
    const { epochs } = pipeline.stores;
    expect(await epochs.latest()).toMatchObject({ epoch: 1, status: "open", workers: 3 });

    const second = await runner.run();

    expect(second).toBe("succeeded");
    expect(calls).toEqual([2, 4, 2]);
    expect(await epochs.latest()).toMatchObject({ status: "committed" });
    expect(told).toMatchObject({ mapReduce: { plays: 5, workers: 3, charts: expect.any(Number) } });
    expect((await pipeline.chart("songs", allTime))?.entries).toMatchObject([{ id: "yellow", plays: 5 }]);
  });

  test("holds no epoch back where it is the broadcast", async () => {
    const engine = Engine.open({
      ...{ dataDir: join(dir, "data"), shards: 2, tickMs: 20, fsync: false, archive: false, logger },
      broadcast: () => Promise.reject(new Error("nobody is there")),
    });
    await engine.start();
    const plays = ["a", "b", "c"].map((id) => ({
      partitionKey: id,
      data: Buffer.from(JSON.stringify(aWirePlay(id))),
    }));

    await engine.plays.put(plays);
    await engine.settle();

    const latest = await engine.stores.epochs.latest();
    expect(latest?.status).toBe("committed");
    expect(latest?.to.reduce((sum, { counts }) => sum + counts.plays, 0)).toBe(3);
    await engine.close();
  });
});

test("a run that comes before the tick is over waits for it, and then counts what there is", async () => {
  const tickSeconds = 1;
  const pipeline = new Pipeline({ tickSeconds });
  const { epochs } = pipeline.stores;
  const consume = pipeline.container();
  const put = (i: number) => {
    const data = JSON.stringify(aWirePlay(`e${i}`));
    return consume(kinesisEvent([{ sequenceNumber: String(i), arrivedAt: Date.now(), data }]));
  };
  const runner = new WorkflowRunner(handlersOf(pipeline), logger);
  await put(1);
  await runner.run();
  await put(2);

  expect(await runner.run()).toBe("succeeded");

  const [first, second] = await Promise.all([1, 2].map((epoch) => epochs.read(epoch as EpochNumber)));
  expect(second).toMatchObject({ status: "committed" });
  expect((second?.now ?? 0) - (first?.now ?? 0)).toBeGreaterThanOrEqual(tickSeconds * 1000);
  expect((await pipeline.chart("songs", allTime))?.entries).toMatchObject([{ id: "yellow", plays: 2 }]);
});

test("plays that arrive while an epoch runs wait for the next tick: one message a channel and tick at most", async () => {
  const tickMs = 400;
  const engine = Engine.open({
    ...{ dataDir: join(dir, "data"), shards: 1, tickMs, fsync: false, archive: false, logger },
    broadcast: () => Promise.resolve({}),
  });
  let plays = 0;
  const putOne = async () => {
    await engine.plays.put([
      { partitionKey: "a", data: Buffer.from(JSON.stringify(aWirePlay(`e${plays++}`))) },
    ]);
    await engine.consumed();
  };
  const { epochs } = engine.stores;
  const commit = epochs.commit.bind(epochs);
  epochs.commit = async (...committed) => {
    if (plays < 5) await putOne(); // something waits whenever an epoch ends
    await commit(...committed);
  };
  await engine.start();
  await putOne();

  await until("four epochs", async () => ((await epochs.latest())?.epoch ?? 0) >= 4);

  const starts = await Promise.all(
    [1, 2, 3, 4].map(async (epoch) => (await epochs.read(epoch as EpochNumber))?.now ?? 0),
  );
  const gaps = starts.slice(1).map((start, i) => start - (starts[i] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThan(tickMs - 100);
  await engine.close();
});
