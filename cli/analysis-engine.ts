import { setTimeout as pause } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { StreamRecord } from "#src/ports/play-stream.ts";
import { CliError } from "./cli-error.ts";
import type { RunFacts, RunMetrics } from "./run-metrics.ts";

export interface AnalysisSetup {
  readonly dataDir: string;
  readonly shards: number;
  readonly tickMs: number;
}

export type AnalysisRequest =
  | { readonly kind: "put"; readonly records: readonly StreamRecord[] }
  | { readonly kind: "settle"; readonly facts: Omit<RunFacts, "seconds"> }
  | { readonly kind: "end" };

export type AnalysisAnswer =
  | { readonly kind: "done" }
  | { readonly kind: "metrics"; readonly metrics: RunMetrics }
  | { readonly kind: "failed"; readonly reason: string };

/** Requests under way before the reader waits. */
const maxPending = 4;
/**
 * What its new objects may take, MB: V8 would let them grow to 128, which saves no time here. 1 million rows: the process peaks at 640
 * MB and not at 1,000, with the same CPU (ADR 28).
 */
const maxYoungGenerationSizeMb = 24;
/** How long a thread may take to end by itself; a stage of a million plays takes seconds. */
const patienceMs = 5_000;

/** Stream, consumer and workflow in a thread of their own. Requests are answered in their order. */
export class AnalysisEngine {
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  readonly #pending: PromiseWithResolvers<AnalysisAnswer>[] = [];
  /** Why there will be no figures, if so. */
  #failure: Error | undefined;

  constructor(setup: AnalysisSetup) {
    this.#worker = new Worker(new URL("./analysis-worker.ts", import.meta.url), {
      workerData: setup,
      resourceLimits: { maxYoungGenerationSizeMb },
    });
    this.#exited = new Promise((resolve) => this.#worker.once("exit", resolve));
    this.#worker.on("message", (answer: AnalysisAnswer) => this.#pending.shift()?.resolve(answer));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new CliError("the analysis ended before its time")));
  }

  /**
   * Resolves when the engine may take more. A put that fails makes all that is asked after it fail.
   *
   * @param records their bytes are the engine's from then on where they have a buffer of their own
   */
  async put(records: readonly StreamRecord[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const answer = this.#ask({ kind: "put", records }, records.flatMap(ownBuffer));
    const oldest = this.#pending.length < maxPending ? undefined : this.#pending[0]?.promise;
    answer.catch(() => undefined); // whoever asks next hears of it
    await (oldest ?? Promise.resolve());
  }

  /** Resolves when all that was put is counted and published. */
  async settle(facts: Omit<RunFacts, "seconds">): Promise<RunMetrics> {
    const answer = await this.#ask({ kind: "settle", facts });
    if (this.#failure !== undefined) throw this.#failure; // a put before it
    if (answer.kind !== "metrics") throw new CliError("the analysis gave no figures");
    return answer.metrics;
  }

  /**
   * Ends it, whatever is under way: the data directory is thrown away. Between two of its steps where that is soon, because
   * a thread that is cut off inside SQLite may take the process with it.
   */
  async close(): Promise<void> {
    const request: AnalysisRequest = { kind: "end" };
    this.#worker.postMessage(request);
    await Promise.race([this.#exited, pause(patienceMs, undefined, { ref: false })]);
    await this.#worker.terminate();
  }

  /** @throws Error with the reason of the first failure */
  async #ask(request: AnalysisRequest, moved: readonly ArrayBuffer[] = []): Promise<AnalysisAnswer> {
    if (this.#failure !== undefined) throw this.#failure;
    const reply = Promise.withResolvers<AnalysisAnswer>();
    this.#pending.push(reply);
    this.#worker.postMessage(request, moved);
    const answer = await reply.promise;
    if (answer.kind === "failed") {
      this.#failure ??= new CliError(answer.reason);
      throw this.#failure;
    }
    return answer;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#pending.splice(0)) reject(this.#failure);
  }
}

/** The buffer that holds a record's bytes and nothing else; then it is handed over, not copied. */
const ownBuffer = ({ data: { buffer, byteLength } }: StreamRecord): readonly ArrayBuffer[] =>
  buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
