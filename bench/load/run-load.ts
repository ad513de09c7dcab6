import { setTimeout as pause, setImmediate } from "node:timers/promises";
import { cpuMsOf, residentBytesOf } from "#bench/fanout/process-usage.ts";
import { CountWatch, readCounts } from "./count-watch.ts";
import { HdrHistogram } from "./hdr-histogram.ts";
import type { PutOnce } from "./kinesis-sink.ts";
import type { MemorySample } from "./messages.ts";
import { type LoopClock, OpenLoop, type SendOutcome } from "./open-loop.ts";
import type { PlayPool } from "./play-pool.ts";
import { type DueSend, playsBy, type RateStretch, scheduleOf } from "./rate-profile.ts";
import { SentLog } from "./sent-log.ts";

export interface LoadOptions {
  readonly stretches: readonly RateStretch[];
  readonly pool: PlayPool;
  readonly put: PutOnce;
  /** The HTTP API's address; without it no lag is known. */
  readonly api?: string | undefined;
  /** The WebSocket's address; without it nobody looks when plays are counted. */
  readonly webSocket?: string | undefined;
  /** The target's process where it is on this machine, for CPU and memory. */
  readonly pid?: number | undefined;
  /** Reads the target's memory after a collection. */
  readonly sampleMemory?: (() => Promise<MemorySample>) | undefined;
  /** How often it does, ms. @default 10000 */
  readonly memoryEveryMs?: number;
  /** Requests under way at once. @default 16 */
  readonly connections?: number;
  /** Sends that are due and not answered; more are dropped. @default 2000 */
  readonly maxOutstanding?: number;
  /** How long what was put may take to be counted once all is sent, ms. @default 60000 */
  readonly drainMs?: number;
  /** Told every second. */
  readonly onSample?: (sample: LoadSample) => void;
}

/** What was seen in one second. */
export interface LoadSample {
  /** ms after the start. */
  readonly atMs: number;
  /** Plays, from the start on. */
  readonly due: number;
  readonly acknowledged: number;
  readonly consumed: number | undefined;
  readonly counted: number;
  /** Sends that are due and not answered. */
  readonly outstanding: number;
  /** Of what was acknowledged since the sample before: put to acknowledged, ms; NaN where nothing was. */
  readonly p95Ms: number;
  /** How long ago the oldest play was due that was put and is in no segment, ms. */
  readonly lagMs: number | undefined;
  /** The same of the oldest that is not counted. */
  readonly uncountedMs: number | undefined;
  /** CPU time of the target's process and of this one, ms. */
  readonly targetCpuMs: number | undefined;
  readonly ownCpuMs: number;
  readonly residentBytes: number | undefined;
}

export interface MemoryAt extends MemorySample {
  /** ms after the start. */
  readonly atMs: number;
}

export interface LoadResult {
  /** From when a send was due until the target acknowledged it, a play each. */
  readonly acknowledged: HdrHistogram;
  /** From when it was due until the WebSocket had the message of the epoch that counts it, a play each. */
  readonly pushed: HdrHistogram;
  /** Plays. */
  readonly plays: Readonly<Record<"due" | SendOutcome["kind"], number>>;
  /** What the target answered instead, and how often. */
  readonly reasons: ReadonlyMap<string, number>;
  readonly samples: readonly LoadSample[];
  readonly memory: readonly MemoryAt[];
  /** From the start until the last send had its outcome, ms. */
  readonly tookMs: number;
  /** Plays that were put and not counted at the end, or that others put meanwhile where it is negative; undefined without WebSocket. */
  readonly missing: number | undefined;
}

const sampleEveryMs = 1000;

/** Time for who waits: a sleep of nothing is one turn of the event loop. */
const machineClock: LoopClock = {
  now: () => performance.now(),
  sleep: async (ms) => {
    if (ms > 0) await pause(ms);
    else await setImmediate();
  },
};

/**
 * Runs one profile against a target and waits until what it put is counted.
 *
 * @throws Error where the target cannot be reached before the load begins
 */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const run = new LoadRun(options);
  return await run.run();
}

class LoadRun {
  readonly #options: LoadOptions;
  readonly #loop: OpenLoop;
  readonly #log = new SentLog();
  readonly #counting = this.#log.follow();
  readonly #consuming = this.#log.follow();
  readonly #acknowledged = new HdrHistogram();
  readonly #sinceSample = new HdrHistogram();
  readonly #pushed = new HdrHistogram();
  readonly #plays = { due: 0, acknowledged: 0, failed: 0, dropped: 0 };
  readonly #reasons = new Map<string, number>();
  readonly #samples: LoadSample[] = [];
  readonly #memory: MemoryAt[] = [];
  /** What had been consumed before. */
  #consumedBefore = 0;
  #counted = 0;
  #isOver = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    const { pool, put, stretches } = options;
    this.#loop = new OpenLoop({
      schedule: scheduleOf(stretches),
      send: ({ plays }) => put(pool.records(plays, Date.now())),
      connections: options.connections ?? 16,
      maxOutstanding: options.maxOutstanding ?? 2000,
      clock: machineClock,
      onSend: (send) => this.#log.add(send),
      onOutcome: (outcome, send, delayMs) => this.#note(outcome, send, delayMs),
    });
  }

  async run(): Promise<LoadResult> {
    const { api, webSocket } = this.#options;
    if (api !== undefined) this.#consumedBefore = (await readCounts(api)).consumed;
    const watch = webSocket === undefined ? undefined : new CountWatch(webSocket, (n) => this.#count(n));
    try {
      await watch?.start();
      const sampled = Promise.all([this.#sampleAlways(), this.#sampleMemoryAlways()]);
      await this.#loop.run();
      const tookMs = this.#loop.elapsedMs;
      if (watch !== undefined) await this.#drained();
      this.#isOver = true;
      await sampled;
      return this.#result(tookMs, watch !== undefined);
    } finally {
      this.#isOver = true;
      watch?.close();
    }
  }

  #result(tookMs: number, isCounted: boolean): LoadResult {
    return {
      ...{ acknowledged: this.#acknowledged, pushed: this.#pushed, plays: this.#plays },
      ...{ reasons: this.#reasons, samples: this.#samples, memory: this.#memory, tookMs },
      missing: isCounted ? this.#plays.acknowledged - this.#counted : undefined,
    };
  }

  #note(outcome: SendOutcome, send: DueSend, delayMs: number): void {
    this.#plays.due += send.plays;
    this.#plays[outcome.kind] += send.plays;
    if (outcome.kind !== "dropped") this.#log.settle(send, outcome.kind === "acknowledged");
    if (outcome.kind === "failed")
      this.#reasons.set(outcome.reason, (this.#reasons.get(outcome.reason) ?? 0) + 1);
    if (outcome.kind !== "acknowledged") return;
    this.#acknowledged.add(delayMs, send.plays);
    this.#sinceSample.add(delayMs, send.plays);
  }

  #count(plays: number): void {
    const { elapsedMs } = this.#loop;
    this.#counted = plays;
    this.#counting.advanceTo(plays, (atMs, count) => this.#pushed.add(elapsedMs - atMs, count));
  }

  async #drained(): Promise<void> {
    const deadline = performance.now() + (this.#options.drainMs ?? 60_000);
    while (this.#counted < this.#plays.acknowledged && performance.now() < deadline) await pause(20);
  }

  async #sampleAlways(): Promise<void> {
    while (!this.#isOver) {
      const wait = sampleEveryMs - (performance.now() % sampleEveryMs);
      await pause(wait);
      const sample = await this.#sample();
      this.#samples.push(sample);
      this.#options.onSample?.(sample);
    }
  }

  async #sample(): Promise<LoadSample> {
    const { api, webSocket, pid, stretches } = this.#options;
    const consumed = api === undefined ? undefined : await this.#readConsumed(api);
    const atMs = this.#loop.elapsedMs;
    if (consumed !== undefined) this.#consuming.advanceTo(consumed);
    const { user, system } = process.cpuUsage();
    const p95Ms = this.#sinceSample.percentile(0.95);
    this.#sinceSample.clear();
    return {
      ...{ atMs, due: Math.floor(playsBy(stretches, atMs)), acknowledged: this.#plays.acknowledged },
      ...{ consumed, counted: this.#counted, outstanding: this.#loop.outstanding, p95Ms },
      lagMs: consumed === undefined ? undefined : atMs - (this.#consuming.oldestAtMs ?? atMs),
      uncountedMs: webSocket === undefined ? undefined : atMs - (this.#counting.oldestAtMs ?? atMs),
      targetCpuMs: pid === undefined ? undefined : cpuMsOf(pid),
      ownCpuMs: (user + system) / 1000,
      residentBytes: pid === undefined ? undefined : residentBytesOf(pid),
    };
  }

  /** Undefined where the API does not answer in time: the lag of that second is not known. */
  async #readConsumed(api: string): Promise<number | undefined> {
    try {
      return (await readCounts(api)).consumed - this.#consumedBefore;
    } catch {
      return undefined;
    }
  }

  async #sampleMemoryAlways(): Promise<void> {
    const { sampleMemory, memoryEveryMs = 10_000 } = this.#options;
    if (sampleMemory === undefined) return;
    for (let next = memoryEveryMs; !this.#isOver; next += memoryEveryMs) {
      while (!this.#isOver && this.#loop.elapsedMs < next) await pause(50);
      if (this.#isOver) return;
      const sample = await sampleMemory();
      this.#memory.push({ atMs: this.#loop.elapsedMs, ...sample });
    }
  }
}
