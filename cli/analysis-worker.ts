import { parentPort, workerData } from "node:worker_threads";
import { ConsoleLogger } from "#local/console-logger.ts";
import { Engine } from "#local/engine.ts";
import type { AnalysisAnswer, AnalysisRequest, AnalysisSetup } from "./analysis-engine.ts";
import { messageOf } from "./cli-error.ts";
import { readRunMetrics } from "./run-metrics.ts";

/** Blocks that may wait in the stream before the reader waits for the consumer: some 25 MB of text. */
const maxLag = 400;
/** A file is one long catch-up: the larger its epochs, the less often a counter is written. */
const maxEpochPlays = 1_000_000;

/** A batch that fails so often, on a full disk say, ends the analysis. */
const patience = 5;

/** The other thread of `earworm analyze`: stream, consumer and workflow, while the main thread reads the file. */
function serve(port: NonNullable<typeof parentPort>, setup: AnalysisSetup): void {
  const startedAt = performance.now();
  const engine = Engine.open({
    ...setup,
    maxEpochPlays,
    patience,
    fsync: false,
    isThrownAway: true,
    archive: false,
    logger: new ConsoleLogger("warn"),
    broadcast: () => Promise.resolve({}),
  });
  const answer = async (request: Exclude<AnalysisRequest, { kind: "end" }>): Promise<AnalysisAnswer> => {
    if (request.kind === "put") {
      await engine.plays.put(request.records);
      if (engine.lag > maxLag) await engine.consumed();
      return { kind: "done" };
    }
    await engine.settle();
    const seconds = (performance.now() - startedAt) / 1000;
    return { kind: "metrics", metrics: await readRunMetrics(engine.stores, { ...request.facts, seconds }) };
  };
  let last: Promise<unknown> = engine.start();
  port.on("message", (request: AnalysisRequest) => {
    if (request.kind === "end") process.exit(); // this thread, not the process
    last = last
      .then(() => answer(request))
      .catch((error: unknown): AnalysisAnswer => ({ kind: "failed", reason: messageOf(error) }))
      .then((done) => port.postMessage(done));
  });
}

if (parentPort !== null) serve(parentPort, workerData as AnalysisSetup);
