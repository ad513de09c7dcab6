import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { sealBlockAsync } from "#src/adapters/kinesis/node-record-codec.ts";
import type { EpochMs, Play } from "#src/domain/play.ts";
import type { StreamRecord } from "#src/ports/play-stream.ts";
import { ColumnarBlockBuilder } from "#src/wire/columnar-builder.ts";
import { LineBlockBuilder } from "#src/wire/line-block-builder.ts";
import type { PlayDictionary } from "#src/wire/play-dictionary.ts";
import type { RowValues } from "#src/wire/row-values.ts";
import { AnalysisEngine } from "./analysis-engine.ts";
import type { BlockForm } from "./block-form.ts";
import { CliError } from "./cli-error.ts";
import { feedPlayFile, type PlayFileSink } from "./play-file.ts";
import type { PlayFileEntry } from "./play-file-decoder.ts";
import { counted, ProgressBar } from "./progress.ts";
import { RejectList } from "./reject-list.ts";
import type { RowSink } from "./row-sink.ts";
import type { RunMetrics } from "./run-metrics.ts";
import { reportOf } from "./run-report.ts";

export interface AnalyzeOptions {
  readonly out: string;
  readonly top: number;
  readonly users: number;
  readonly shards: number;
  readonly tick: number;
  /** The form of the records that the plays travel in. */
  readonly blocks: BlockForm;
}

/** Few enough that the engine starts early, many enough that threads seldom wait for each other. */
const blocksPerPut = 8;
const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Sends a file through stream, consumer and workflow, prints the three-stage report and writes the figures.
 *
 * @throws CliError where nothing could be read or, once it is done with that, only a part
 */
export async function analyze(path: string, options: AnalyzeOptions): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "earworm-analyze-"));
  // Retried, because the other thread may be writing.
  const removeDataDir = (): void => rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 });
  const interrupted = (signal: (typeof endings)[number]): void => {
    removeDataDir();
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of endings) process.once(signal, interrupted);
  try {
    const { metrics, broken } = await run(path, options, dataDir);
    mkdirSync(dirname(options.out), { recursive: true });
    writeFileSync(options.out, `${JSON.stringify(metrics, undefined, 2)}\n`);
    console.log(reportOf(metrics, options));
    if (broken !== undefined) throw broken;
  } finally {
    for (const signal of endings) process.off(signal, interrupted);
    removeDataDir();
  }
}

interface Analysis {
  readonly metrics: RunMetrics;
  /** Why only a part of the file could be read, if so. */
  readonly broken: CliError | undefined;
}

async function run(path: string, options: AnalyzeOptions, dataDir: string): Promise<Analysis> {
  const engine = new AnalysisEngine({ dataDir, shards: options.shards, tickMs: options.tick });
  try {
    const { rejectedLines, broken } = await feed(engine, path, options.blocks);
    const { top, users } = options;
    return { metrics: await engine.settle({ source: path, rejectedLines, top, users }), broken };
  } finally {
    await engine.close();
  }
}

/** Puts the file's plays into the stream, as blocks and in order. */
async function feed(
  engine: AnalysisEngine,
  path: string,
  blocks: BlockForm,
): Promise<Pick<Analysis, "broken"> & { readonly rejectedLines: number }> {
  let broken: CliError | undefined;
  const rejects = new RejectList(path);
  const feeder = new Feeder(engine, rejects, blocks);
  const bar = new ProgressBar();
  try {
    const reading = feedPlayFile(
      path,
      {
        arrivedAt: Date.now() as EpochMs,
        onProgress: (done, total) => bar.update({ done, total, plays: feeder.plays }),
        onBreak: (error) => {
          broken = error;
        },
      },
      feeder,
    );
    for await (const _ of reading) await feeder.put();
    await feeder.flush();
  } finally {
    bar.clear();
    for (const line of rejects.report()) console.error(line);
  }
  if (feeder.plays === 0) {
    throw new CliError(`no play in ${path}, ${counted(rejects.count, "line")} rejected`);
  }
  return { rejectedLines: rejects.count, broken };
}

/** Makes blocks of plays and rows. */
interface Blocks {
  readonly dictionary: PlayDictionary;
  /** Whether it is time to flush. */
  readonly isFull: boolean;
  add(play: Play): Sealed | undefined;
  addRow(values: RowValues): Sealed | undefined;
  flush(): readonly Sealed[];
}

type Sealed = StreamRecord | Promise<StreamRecord>;

const blocksOf = (form: BlockForm): Blocks =>
  form === "json"
    ? new LineBlockBuilder<Sealed>(sealBlockAsync)
    : new ColumnarBlockBuilder<Sealed>((partitionKey, data) => ({ partitionKey, data }));

/** Brings plays as blocks to the engine. */
class Feeder implements PlayFileSink, RowSink {
  plays = 0;
  readonly rows: RowSink = this;
  readonly #engine: AnalysisEngine;
  readonly #rejects: RejectList;
  readonly #blocks: Blocks;
  #sealed: Sealed[] = [];

  constructor(engine: AnalysisEngine, rejects: RejectList, form: BlockForm) {
    this.#engine = engine;
    this.#rejects = rejects;
    this.#blocks = blocksOf(form);
  }

  get dictionary(): PlayDictionary {
    return this.#blocks.dictionary;
  }

  row(values: RowValues): void {
    this.plays += 1;
    this.#keep(this.#blocks.addRow(values));
  }

  entry(entry: PlayFileEntry): void {
    if ("rejection" in entry) {
      this.#rejects.add(entry.line, entry.rejection);
      return;
    }
    this.plays += 1;
    this.#keep(this.#blocks.add(entry.play));
  }

  /** Puts full blocks once there are some. */
  async put(): Promise<void> {
    if (this.#blocks.isFull) await this.flush();
    else if (this.#sealed.length >= blocksPerPut) await this.#putAll();
  }

  async flush(): Promise<void> {
    this.#sealed.push(...this.#blocks.flush());
    await this.#putAll();
  }

  #keep(block: Sealed | undefined): void {
    if (block !== undefined) this.#sealed.push(block);
  }

  async #putAll(): Promise<void> {
    const records = await Promise.all(this.#sealed);
    this.#sealed = [];
    await this.#engine.put(records);
  }
}
