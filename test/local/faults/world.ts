import type { KinesisStreamEvent } from "aws-lambda";
import type { ShardKey } from "#src/domain/position.ts";
import type { FaultLog } from "./fault-kinds.ts";
import { type Caller, FaultPlan, Invocation, type Variants } from "./invocation.ts";
import { KeptArchive } from "./kept-archive.ts";
import { type BuiltRecord, buckets, buildRecord } from "./records.ts";
import { containers, type Job, type Scenario, type Step } from "./scenario.ts";
import { Scheduler, StuckError } from "./scheduler.ts";
import { eventOf, type PutInto, type SimulatedShard, SimulatedStream } from "./simulated-stream.ts";

export type Delivery = Extract<Job, { readonly kind: "deliver" }>;
type Forget = Extract<Job, { readonly kind: "forget" }>;
/** Who is forgotten, and what goes wrong. */
export type Forgetting = Pick<Forget, "afterMs" | "faults"> & { readonly listener: string };
export type Execution = Extract<Job, { readonly kind: "workflow" }>;

/** A consumer of the stream: what Lambda calls. It may answer with the first record that it could not do. */
export type Consume = (event: KinesisStreamEvent) => Promise<unknown>;

/** What is driven. */
export interface System {
  /** A new container of the consumer, with nothing in memory. */
  container(world: World, caller: Caller): Consume;
  /** One execution of the workflow. */
  execute(world: World, job: Execution): Promise<void>;
  /** Forgets a listener; `failed` where it has to be done again, `refused` where it cannot be done. */
  forget(world: World, job: Forgetting): Promise<"done" | "failed" | "refused">;
  /** Whether everything that was consumed is counted. */
  isSettled(): Promise<boolean>;
}

/** A container serves one batch at a time. */
class Container implements Caller {
  readonly consume: Consume;
  current: Invocation | undefined;
  isBusy = false;

  constructor(system: System, world: World) {
    this.consume = system.container(world, this);
  }

  call<T>(perform: () => Promise<T>, variants?: Variants<T>): Promise<T> {
    if (this.current === undefined) throw new Error("a container calls a store while it serves nothing");
    return this.current.call(perform, variants);
  }
}

/** More runs of the workflow than any backlog takes. */
const mostRuns = 400;
/** More runs of `forget` than two listeners take when nothing goes wrong any more. */
const mostForgets = 10;
const drainingBatch = 25;
/** Longer than any lease, and any zombie. */
const longTimeMs = 310_001;
export const plainExecution = {
  kind: "workflow",
  diesBefore: undefined,
  outage: undefined,
  afterMs: 0,
  faults: [],
} as const;

/** A stream, the containers and executions that work on it, and what goes wrong with them: one scenario, played once. */
export class World {
  readonly scenario: Scenario;
  readonly log: FaultLog;
  readonly scheduler: Scheduler;
  readonly stream: SimulatedStream;
  /** What must never happen, and did. */
  readonly violations: string[] = [];
  readonly #system: System;
  readonly archive = new KeptArchive();
  /** Listeners whom a `forget` that failed has left half forgotten. */
  readonly #halfForgotten = new Set<string>();
  readonly #containers: (Container | undefined)[] = Array.from({ length: containers }, () => undefined);
  readonly #put: BuiltRecord[] = [];
  readonly #cuts = new Map<ShardKey, { readonly start: number; readonly end: number }[]>();
  #executions = 0;
  #drainedForgets = 0;

  constructor(scenario: Scenario, system: System, log: FaultLog) {
    this.scenario = scenario;
    this.log = log;
    this.scheduler = new Scheduler(scenario.startAt);
    this.stream = new SimulatedStream(scenario.shards, buckets, scenario.longSequenceNumbers);
    this.#system = system;
  }

  /**
   * Plays the scenario; then nothing goes wrong any more until everything is counted.
   *
   * @param calm called in between
   */
  async play(calm: () => void = () => undefined): Promise<void> {
    try {
      for (const step of this.scenario.steps) await this.#step(step);
      calm();
      await this.#drain();
      // Who slept all the time wakes up when everything is done, and must not change it.
      this.scheduler.setOrder([]);
      await this.scheduler.runUntil(() => this.scheduler.isIdle);
      await this.#drain();
    } catch (error) {
      this.violations.push(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    }
  }

  /** A name for an execution, as Step Functions gives each its own. */
  nextExecution(): string {
    this.#executions += 1;
    return `execution-${this.#executions}`;
  }

  invocation(faults: FaultPlan, mustNotMiss: boolean): Invocation {
    return new Invocation(this.scheduler, this.log, faults, { mustNotMiss, violations: this.violations });
  }

  async #step(step: Step): Promise<void> {
    switch (step.kind) {
      case "put":
        await this.archive.keep(step.records.flatMap((spec) => this.#putRecord(spec) ?? []));
        return;
      case "wait":
        if (step.ms < 0) this.log.note("clock stepped back");
        this.scheduler.advance(step.ms);
        return;
      case "split":
        if (this.stream.split(step.shard)) this.log.note("shard split");
        return;
      case "merge":
        if (this.stream.merge(step.shard)) this.log.note("shard merge");
        return;
      case "work":
        this.scheduler.setOrder(step.order);
        await this.#work(step.jobs);
    }
  }

  #putRecord(spec: Parameters<typeof buildRecord>[0]): PutInto | undefined {
    const now = this.scheduler.clock();
    const record = buildRecord(spec, this.#put.length + 1, now, this.#put);
    if (record === undefined) return undefined; // a retry of nothing
    this.#put.push(record);
    // Every fifth record comes by a front end whose clock is behind.
    const put = this.stream.put(record, this.#put.length % 5 === 0 ? now - 2_000 : now);
    if (spec.kind === "poison") this.log.note(`poison: ${spec.poison}`);
    if (spec.kind === "block" && spec.lines.some((line) => "bad" in line))
      this.log.note("bad line in a block");
    return put;
  }

  async #work(jobs: readonly Job[]): Promise<void> {
    const count = (kind: Job["kind"]): number => jobs.filter((job) => job.kind === kind).length;
    if (count("workflow") > 1) this.log.note("two workflows at once");
    if (count("workflow") > 0 && count("forget") > 0) this.log.note("forget beside a workflow");
    await this.#atOnce(jobs.map((job) => this.#run(job)));
  }

  async #atOnce(runs: readonly Promise<void>[]): Promise<void> {
    let running = runs.length;
    const ends = runs.map((run) =>
      run.finally(() => {
        running -= 1;
      }),
    );
    await Promise.all([Promise.all(ends), this.scheduler.runUntil(() => running === 0)]);
  }

  #run(job: Job): Promise<void> {
    switch (job.kind) {
      case "deliver":
        return this.#deliver(job);
      case "workflow":
        return this.#system.execute(this, job);
      case "forget":
        return this.#forgetSomebody(job);
    }
  }

  /** Where nobody has played, nobody is forgotten. */
  async #forgetSomebody({ listener: n, ...job }: Forget): Promise<void> {
    const entries = this.#put.flatMap((record) => record.entries);
    const plays = entries.filter((entry) => entry.kind === "play");
    const listeners = [...new Set(plays.map(({ play }) => play.user_id))];
    const listener = listeners[n % listeners.length];
    if (listener !== undefined) await this.#forget({ ...job, listener });
  }

  async #forget(job: Forgetting): Promise<void> {
    if (this.#halfForgotten.has(job.listener)) this.log.note("forget died and was run again");
    this.#halfForgotten.add(job.listener);
    if ((await this.#system.forget(this, job)) !== "failed") this.#halfForgotten.delete(job.listener);
  }

  async #deliver(job: Delivery): Promise<void> {
    const readable = this.stream.readable.filter(({ records }) => records.length > 0);
    const shard = readable[job.shard % readable.length];
    if (shard === undefined) return;
    const start = Math.max(0, shard.checkpoint - job.back);
    const end = Math.min(shard.records.length, start + job.size);
    if (start < end) await this.#deliverBatch(shard, start, end, job);
  }

  async #deliverBatch(
    shard: SimulatedShard,
    start: number,
    end: number,
    { container: n, faults }: Pick<Delivery, "container" | "faults">,
  ): Promise<void> {
    this.#noteCut(shard, start, end);
    const container = this.#containerFor(n);
    const invocation = this.invocation(new FaultPlan(faults), true);
    container.current = invocation;
    container.isBusy = true;
    try {
      const answer = await invocation.run(() => container.consume(eventOf(shard, start, end)));
      const done = firstFailure(answer, shard) ?? end;
      shard.checkpoint = Math.max(shard.checkpoint, done);
    } catch {
      // The mapping delivers the batch again; what may be wrong is among the violations.
    } finally {
      container.isBusy = invocation.isLost;
      if (invocation.isLost) this.#containers[n] = undefined;
    }
  }

  /** The container with this number, or a new one where that is gone, busy, or never warm. */
  #containerFor(n: number): Container {
    const warm = this.#containers[n];
    if (warm !== undefined && !warm.isBusy && n < containers - 1) return warm;
    this.log.note(warm?.isBusy === true ? "two containers at once" : "cold container");
    const container = new Container(this.#system, this);
    if (warm?.isBusy !== true) this.#containers[n] = container;
    return container;
  }

  #noteCut({ key, checkpoint }: SimulatedShard, start: number, end: number): void {
    const cuts = this.#cuts.get(key) ?? [];
    this.#cuts.set(key, [...cuts, { start, end }]);
    if (end <= checkpoint) this.log.note("batch delivered again");
    const isElsewhere = cuts.some(
      (cut) => start < cut.end && end > cut.start && (cut.start !== start || cut.end !== end),
    );
    if (isElsewhere) this.log.note("batch cut elsewhere");
  }

  async #drain(): Promise<void> {
    for (let run = 0; run < mostRuns; run++) {
      await this.#consumeAll();
      const isSettled = await this.#system.isSettled();
      if (isSettled && this.#halfForgotten.size === 0) return;
      if (!isSettled) await this.#work([plainExecution]);
      else await this.#finishForgetting();
      if (run % 3 === 2) this.scheduler.advance(longTimeMs); // a run that died may hold the lease
    }
    throw new StuckError(`not everything is counted after ${mostRuns} runs of the workflow`);
  }

  async #finishForgetting(): Promise<void> {
    this.#drainedForgets += 1;
    if (this.#drainedForgets > mostForgets) throw new StuckError("nobody gets a listener forgotten");
    for (const listener of [...this.#halfForgotten])
      await this.#atOnce([this.#forget({ listener, afterMs: 0, faults: [] })]);
  }

  async #consumeAll(): Promise<void> {
    for (let failures = 0; !this.stream.isConsumed; ) {
      const shard = this.stream.readable.find(({ checkpoint, records }) => checkpoint < records.length);
      if (shard === undefined) throw new StuckError("no shard can be read");
      const before = shard.checkpoint;
      const job: Delivery = {
        ...{ kind: "deliver", shard: 0, back: 0, container: 0, size: drainingBatch },
        faults: [],
      };
      const end = Math.min(shard.records.length, before + drainingBatch);
      let isDone = false;
      const delivery = this.#deliverBatch(shard, before, end, job).finally(() => {
        isDone = true;
      });
      await Promise.all([delivery, this.scheduler.runUntil(() => isDone)]);
      if (shard.checkpoint === before) failures += 1;
      if (failures > 5) throw new StuckError("the consumer fails without a fault");
    }
  }
}

/** The index of the record that a partial batch response names. */
function firstFailure(answer: unknown, shard: SimulatedShard): number | undefined {
  if (typeof answer !== "object" || answer === null || !("batchItemFailures" in answer)) return undefined;
  const [failure] = answer.batchItemFailures as { readonly itemIdentifier: string }[];
  if (failure === undefined) return undefined;
  return shard.records.findIndex(({ sequenceNumber }) => sequenceNumber === failure.itemIdentifier);
}
