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
  | { readonly kind: "close" };

export type AnalysisAnswer =
  | { readonly kind: "done" }
  | { readonly kind: "metrics"; readonly metrics: RunMetrics }
  | { readonly kind: "failed"; readonly reason: string };

/** Requests under way before the reader waits. */
const maxPending = 4;
/** Most objects of a batch live as long as the batch; a large nursery spares copying them. */
const youngGenerationMb = 192;

/** Stream, consumer and workflow in a thread of their own. Requests are answered in their order. */
export class AnalysisEngine {
  readonly #worker: Worker;
  readonly #pending: PromiseWithResolvers<AnalysisAnswer>[] = [];

  constructor(setup: AnalysisSetup) {
    this.#worker = new Worker(new URL("./analysis-worker.ts", import.meta.url), {
      workerData: setup,
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    });
    this.#worker.on("message", (answer: AnalysisAnswer) => this.#pending.shift()?.resolve(answer));
    this.#worker.on("error", (error) => {
      for (const { reject } of this.#pending.splice(0)) reject(error);
    });
  }

  /** Resolves when the engine may take more; the records' memory is given away. */
  async put(records: readonly StreamRecord[]): Promise<void> {
    const answer = this.#ask({ kind: "put", records });
    const oldest = this.#pending.length < maxPending ? undefined : this.#pending[0]?.promise;
    answer.catch(() => undefined); // whoever waits for the oldest hears of it
    await (oldest ?? Promise.resolve());
  }

  /** Resolves when all that was put is counted and published. */
  async settle(facts: Omit<RunFacts, "seconds">): Promise<RunMetrics> {
    const answer = await this.#ask({ kind: "settle", facts });
    if (answer.kind !== "metrics") throw new CliError("the analysis gave no figures");
    return answer.metrics;
  }

  async close(): Promise<void> {
    await this.#ask({ kind: "close" });
    await this.#worker.terminate();
  }

  /** @throws CliError with the engine's reason */
  async #ask(request: AnalysisRequest): Promise<AnalysisAnswer> {
    const reply = Promise.withResolvers<AnalysisAnswer>();
    this.#pending.push(reply);
    this.#worker.postMessage(request);
    const answer = await reply.promise;
    if (answer.kind === "failed") throw new CliError(answer.reason);
    return answer;
  }
}
