import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Random } from "#simulator/random.ts";
import { DevProcess } from "#test/support/earworm-process.ts";
import { type Recount, ranked, recount } from "#test/support/recount.ts";
import { until } from "#test/support/until.ts";

/** More rounds and other seeds find more: EARWORM_KILL_ROUNDS=30 EARWORM_KILL_SEED=7 vitest run test/local/kill.test.ts */
const rounds = Number(process.env["EARWORM_KILL_ROUNDS"] ?? 3);
const seed = Number(process.env["EARWORM_KILL_SEED"] ?? 20_261_121);
/** plays/s, as far as the machine goes along. */
const rate = 2000;
const stepMs = 25;
/** In one request. */
const mostPlays = 300;
const timeout = 60_000 + rounds * 20_000;
const requestTimeoutMs = 5000;
/** How long it may take until everything is counted. */
const countedMs = 30_000;

let dir = "";
const processes: DevProcess[] = [];
const producers: Producer[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "earworm-kill-dev-"));
});

afterEach(async () => {
  for (const producer of producers.splice(0)) await producer.abandon();
  for (const each of processes.splice(0)) await each.end("SIGKILL");
  rmSync(dir, { recursive: true });
});

async function start(...options: string[]): Promise<DevProcess> {
  const args = ["--data-dir", join(dir, "data"), "--shards", "2", "--tick", "10", ...options];
  const started = await DevProcess.start(args);
  processes.push(started);
  return started;
}

interface Sent {
  readonly user: string;
  readonly json: string;
}

type Send = (plays: readonly Sent[]) => Promise<void>;

/** Throws where not every play was acknowledged; some may be in all the same. */
async function putAll(kinesis: KinesisClient, plays: readonly Sent[]): Promise<void> {
  const Records = plays.map(({ user, json }) => ({ PartitionKey: user, Data: Buffer.from(json) }));
  const abortSignal = AbortSignal.timeout(requestTimeoutMs);
  const answer = await kinesis.send(new PutRecordsCommand({ StreamName: "plays", Records }), { abortSignal });
  if (answer.FailedRecordCount !== 0) throw new Error(`${answer.FailedRecordCount} records were refused`);
}

async function postAll(url: string, plays: readonly Sent[]): Promise<void> {
  const answer = await fetch(`${url}/plays`, {
    method: "POST",
    body: plays.map(({ json }) => json).join("\n"),
    headers: { "content-type": "application/x-ndjson" },
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  const { accepted } = (await answer.json()) as { accepted: number };
  if (answer.status !== 200 || accepted !== plays.length) throw new Error(`only ${accepted} were accepted`);
}

/**
 * Sends plays at a steady rate over two ways at once, and repeats what was not acknowledged, with the same event ids and the
 * same way, until it is: a listener's plays keep their partition key. After trouble it sends what was acknowledged before
 * once more, as if that answer had been lost.
 */
class Producer {
  /** Every play that was ever sent, as JSON. */
  readonly sent: string[] = [];
  acknowledged = 0;
  /** Plays that were acknowledged twice. */
  repeated = 0;
  readonly #random: Random;
  readonly #lanes: readonly Promise<void>[];
  #target: { readonly url: string; readonly kinesis: KinesisClient };
  #isEnding = false;
  #isAbandoned = false;

  constructor(target: DevProcess, randomSeed: number) {
    this.#random = new Random(randomSeed);
    this.#target = this.#open(target);
    this.#lanes = [
      this.#run(0.75 * rate, "k", (plays) => putAll(this.#target.kinesis, plays)),
      this.#run(0.25 * rate, "h", (plays) => postAll(this.#target.url, plays)),
    ];
    producers.push(this);
  }

  /** Sends to another process from now on. */
  redirect(target: DevProcess): void {
    this.#target.kinesis.destroy();
    this.#target = this.#open(target);
  }

  /** Resolves when so many more plays are acknowledged. */
  async acknowledges(more: number): Promise<void> {
    const enough = this.acknowledged + more;
    await until(`${more} acknowledged`, () => Promise.resolve(this.acknowledged >= enough), countedMs);
  }

  /** Makes no new plays, and resolves once every play is acknowledged. */
  async finish(): Promise<void> {
    this.#isEnding = true;
    await Promise.all(this.#lanes);
  }

  /** Ends at once, acknowledged or not. */
  async abandon(): Promise<void> {
    this.#isAbandoned = true;
    await this.finish();
    this.#target.kinesis.destroy();
  }

  #open({ url, kinesisUrl }: DevProcess) {
    const kinesis = new KinesisClient({
      endpoint: kinesisUrl,
      region: "us-east-1",
      credentials: { accessKeyId: "any", secretAccessKey: "any" },
      requestHandler: new NodeHttpHandler(),
      maxAttempts: 1,
    });
    return { url, kinesis };
  }

  async #run(playsPerSecond: number, lane: string, send: Send): Promise<void> {
    const startedAt = performance.now();
    let previous: readonly Sent[] = [];
    for (let made = 0; !this.#isEnding; ) {
      const due = Math.floor(((performance.now() - startedAt) * playsPerSecond) / 1000);
      const plays = this.#make(lane, made, Math.min(due - made, mostPlays));
      made += plays.length;
      this.sent.push(...plays.map(({ json }) => json));
      if (plays.length > 0 && (await this.#deliver(plays, send)) > 1) {
        await this.#deliver(previous, send);
        this.repeated += previous.length;
      }
      this.acknowledged += plays.length;
      previous = plays;
      if (plays.length < mostPlays) await pause(stepMs);
    }
  }

  /** Resolves with the number of tries when all are acknowledged. */
  async #deliver(plays: readonly Sent[], send: Send): Promise<number> {
    for (let tries = 1; !this.#isAbandoned; tries++) {
      try {
        await send(plays);
        return tries;
      } catch {
        await pause(stepMs);
      }
    }
    return 0;
  }

  #make(lane: string, from: number, count: number): Sent[] {
    return Array.from({ length: count }, (_, i) => {
      const user = `${lane}-user-${this.#random.below(300)}`;
      const song = this.#random.below(80);
      const json = JSON.stringify({
        ...{ event_id: `${lane}-${from + i}`, user_id: user },
        track: { id: `song-${song}`, artist: `artist-${song % 9}`, duration_ms: 180_000 + song },
        ...{ started_at: Date.now(), ms_played: this.#random.pick([10_000, 30_000, 180_000]) },
      });
      return { user, json };
    });
  }
}

interface Stats {
  readonly plays: number;
  readonly duplicates: number;
  readonly rejects: number;
  readonly lag_plays: number;
}

async function get<T>({ url }: DevProcess, path: string): Promise<T> {
  const answer = await fetch(`${url}${path}`);
  expect(answer.status).toBe(200);
  return answer.json() as Promise<T>;
}

interface ChartEntry {
  readonly id: string;
  readonly plays: number;
  readonly listened_ms: number;
}

/** Waits until as many plays are counted as were sent, and compares all totals with a recount of what was sent. */
async function expectExactCounts(dev: DevProcess, { sent, repeated }: Producer): Promise<void> {
  const expected = recount(sent);
  const isAllCounted = async () => {
    const { plays, duplicates } = await get<Stats>(dev, "/stats");
    return plays >= sent.length && duplicates >= repeated;
  };
  await until("everything counted", isAllCounted, countedMs).catch(() => undefined);

  const stats = await get<Stats>(dev, "/stats");
  expect(stats).toMatchObject({ plays: sent.length, rejects: 0, lag_plays: 0 });
  expect(stats.duplicates).toBeGreaterThanOrEqual(repeated); // and those whose answer was lost
  for (const list of ["songs", "artists"] as const) {
    const { entries } = await get<{ entries: ChartEntry[] }>(dev, `/charts/${list}?window=all&limit=500`);
    const totals = entries.map(({ id, plays, listened_ms }) => [id, plays, listened_ms]);
    expect(totals).toEqual(chartOf(expected[list]));
  }
  for (const [id, { plays, listenedMs, heard }] of [...expected.listeners].slice(0, 50)) {
    const profile = { plays, listened_ms: listenedMs, tracks_heard: heard.size };
    expect(await get(dev, `/users/${id}`)).toMatchObject(profile);
  }
}

const chartOf = (tallies: Recount["songs"]): (string | number | undefined)[][] =>
  ranked(tallies).map((id) => [id, tallies.get(id)?.plays, tallies.get(id)?.listenedMs]);

describe("a process that is killed in the middle of everything", () => {
  test("counts every acknowledged play exactly once when it is back", { timeout }, async () => {
    const random = new Random(seed);
    let dev = await start();
    const producer = new Producer(dev, seed);

    for (let round = 1; round <= rounds; round++) {
      await producer.acknowledges(200 + random.below(3000));
      await pause(random.below(100)); // a moment that no acknowledgement chose
      expect(await dev.end("SIGKILL")).toMatchObject({ signal: "SIGKILL" });
      dev = await start();
      producer.redirect(dev);
    }
    await producer.acknowledges(1000);
    await producer.finish();

    expect(producer.repeated).toBeGreaterThan(0);
    expect(producer.acknowledged).toBe(producer.sent.length);
    await expectExactCounts(dev, producer);
    expect(await dev.end("SIGTERM")).toEqual({ code: 0, signal: null });
  });
});

describe("a process that is asked to end", () => {
  test("ends within 5 s with exit code 0, and what it acknowledged is counted when it is back", {
    timeout: 60_000,
  }, async () => {
    const first = await start();
    const producer = new Producer(first, seed + 1);
    await producer.acknowledges(3000);

    const startedAt = performance.now();
    const exit = await first.end("SIGTERM");
    const tookMs = performance.now() - startedAt;
    const second = await start();
    producer.redirect(second);
    await producer.finish();

    expect(exit).toEqual({ code: 0, signal: null });
    expect(tookMs).toBeLessThan(5000);
    expect(first.stderr).toBe("");
    await expectExactCounts(second, producer);
  });

  test("loses nothing of what no epoch has counted yet", { timeout: 60_000 }, async () => {
    const first = await start("--tick", "3600000");
    const producer = new Producer(first, seed + 2);
    await producer.acknowledges(2000);
    await producer.finish();

    const exit = await first.end("SIGTERM");
    const second = await start();

    expect(exit).toEqual({ code: 0, signal: null });
    await expectExactCounts(second, producer);
  });
});
