import { writeFile } from "node:fs/promises";
import { sealBlock } from "#src/adapters/kinesis/node-record-codec.ts";
import type { EpochMs, Play } from "#src/domain/play.ts";
import { partitionKeyOf } from "#src/wire/partition-key.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { type DynamoDbLocal, whyUnavailable, withDynamoDb } from "#test/support/dynamodb-local.ts";
import { measureCell } from "./cell.ts";
import { deployedDefaults } from "./deployed-defaults.ts";
import { onDemandShardsOf } from "./kinesis.ts";
import type { CellMeasure, CellOptions } from "./measure.ts";
import { CapacityMeter } from "./meter.ts";
import { createNaiveConsumer, measureNaive, type NaiveMeasure, naiveKeys } from "./naive-consumer.ts";
import { workersThatCatchUp } from "./profile-tick.ts";
import { billTable, renderReport } from "./report.ts";
import type { Results } from "./results.ts";
import { checkReports } from "./self-check.ts";
import { measureSendCpu } from "./send-cpu.ts";
import { cpuRatesOf } from "./stage-time.ts";
import { usualFrameBytes } from "./viewers.ts";
import { World } from "./world.ts";

const rates = [10, 100, 1000, 16_000] as const;
const ticks = [1, 5, 60] as const;
const ageDays = 28;
const otherAges = [1, 7, 90] as const;
const sampleSize = 200;
const seed = 1;
/** The cell that shows what ages do. */
const reference = { rate: 1000, tickSeconds: 5 } as const;
/** The cell of which every key is metered too; with four workers, so that they divide the sample. */
const validated = { rate: 1000, tickSeconds: 1 } as const;
const validatedPlaysPerWorker = 250;
/** How many workers are run where there are more than are deployed: each takes some ten seconds to read a minute of 16,000 plays/s. */
const mostRun = 4;
const naivePlays = 500;
const playsPerBlock = 80;
/** Enough that each of the 256 buckets fills a block. */
const blockPlays = 60_000;
/** About the size of a play as JSON, for the number of shards. */
const playBytes = 500;
const outputPath = `${import.meta.dirname}/../../docs/cost.md`;

function optionsOf(rate: number, tickSeconds: number, overrides: Partial<CellOptions> = {}): CellOptions {
  const shards = onDemandShardsOf({ rate, playsPerRecord: 1, recordBytes: playBytes });
  const load = { rate, tickSeconds, profileTickSeconds: deployedDefaults.profileTickSeconds };
  const workers = workersThatCatchUp(load);
  const isMore = workers.maxWorkers > deployedDefaults.maxWorkers;
  return {
    ...{ ...load, workers, ...(isMore && { mostRun }) },
    ...{ shards, ageDays, sampleSize, seed, ...overrides },
  };
}

const isAt = ({ options }: CellMeasure, rate: number, tickSeconds: number): boolean =>
  options.rate === rate && options.tickSeconds === tickSeconds;

/** Measures everything, one after the other; says on standard error what is under way. */
class Bench {
  readonly #local: DynamoDbLocal;
  readonly #meter: CapacityMeter;

  constructor(local: DynamoDbLocal) {
    this.#local = local;
    this.#meter = new CapacityMeter(local);
  }

  async run(): Promise<Results> {
    await checkReports(this.#local, this.#meter);
    const cells: CellMeasure[] = [];
    for (const rate of rates) cells.push(...(await this.#cellsOf(rate)));
    const cellOf = (options: { readonly rate: number; readonly tickSeconds: number }): CellMeasure => {
      const cell = cells.find((each) => isAt(each, options.rate, options.tickSeconds));
      if (cell === undefined)
        throw new Error(`no cell of ${options.rate} plays/s and ${options.tickSeconds} s`);
      return cell;
    };
    const { rate, tickSeconds } = reference;
    const oneShard = await this.#cell(optionsOf(rates[0], tickSeconds, { shards: 1 }));
    const ages = [cellOf(reference)];
    for (const days of otherAges)
      ages.push(await this.#cell(optionsOf(rate, tickSeconds, { ageDays: days })));
    // Last, when the code has been compiled: their CPU time is what is used.
    const every = { sampleSize: Number.POSITIVE_INFINITY };
    const { workers } = optionsOf(validated.rate, validated.tickSeconds);
    const divided = { workers: { ...workers, playsPerWorker: validatedPlaysPerWorker } };
    const sampled = await this.#cell(optionsOf(validated.rate, validated.tickSeconds, divided));
    const full = await this.#cell(optionsOf(validated.rate, validated.tickSeconds, { ...divided, ...every }));
    const alone = { ...every, workers: { ...workers, maxWorkers: 1 } };
    const large = await this.#cell(optionsOf(validated.rate, validated.tickSeconds, alone));
    const small = await this.#cell(optionsOf(rates[0], ticks[0], alone));
    return {
      date: new Date().toISOString().slice(0, 10),
      cells,
      rates: cpuRatesOf(small, large, cellOf({ rate: rates[3], tickSeconds: ticks[2] })),
      naiveTotals: await this.#naive("totals"),
      naiveWindows: await this.#naive("windows"),
      ...{ full, sampled },
      ages: ages.sort((a, b) => a.options.ageDays - b.options.ageDays),
      manyShards: cellOf({ rate: rates[0], tickSeconds }),
      oneShard,
      playsPerBlock,
      blockBytes: meanBlockBytes(),
      sendCpuSeconds: await measureSendCpu(usualFrameBytes),
    };
  }

  /** The rate's cells. What reading takes is that of the longest tick, whose segments are as large and the most. */
  async #cellsOf(rate: number): Promise<readonly CellMeasure[]> {
    const cells: CellMeasure[] = [];
    for (const tick of ticks) cells.push(await this.#cell(optionsOf(rate, tick)));
    const readMs = cells.at(-1)?.readMs ?? {};
    return cells.map((cell) => ({ ...cell, readMs }));
  }

  async #cell(options: CellOptions): Promise<CellMeasure> {
    const { rate, tickSeconds, shards, ageDays: days, sampleSize: size, workers } = options;
    console.error(
      `${rate} plays/s, tick ${tickSeconds} s, ${shards} shards, ${days} days, ${size} keys of a kind metered, ${workers.maxWorkers} workers`,
    );
    return await measureCell(this.#local, this.#meter, options);
  }

  async #naive(kind: keyof typeof naiveKeys): Promise<NaiveMeasure> {
    console.error(`naive consumer, ${kind}`);
    const consume = createNaiveConsumer(this.#local.client, await this.#local.createTable(), naiveKeys[kind]);
    const plays = somePlays(2 * naivePlays);
    await consume(plays.slice(0, naivePlays)); // compiles it, and fills the table
    return await measureNaive(consume, this.#meter, plays.slice(naivePlays));
  }
}

function somePlays(count: number): readonly Play[] {
  const simulator = new World(reference.rate, seed).createSimulator();
  const at = Date.parse("2026-11-20T20:30:00Z") as EpochMs;
  return Array.from({ length: count }, () => simulator.next(at));
}

/** The mean size of blocks as producers make them: of plays that share a partition key. */
function meanBlockBytes(): number {
  const buckets = Map.groupBy(somePlays(blockPlays), (play) => partitionKeyOf(play.userId));
  const sizes = [...buckets]
    .filter(([, plays]) => plays.length >= playsPerBlock)
    .map(([key, plays]) => sealBlock(key, `${plays.slice(0, playsPerBlock).map(encodePlay).join("\n")}\n`))
    .map(({ data }) => data.length);
  return sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
}

const problem = whyUnavailable();
if (problem === undefined) {
  await withDynamoDb(async (local) => {
    const results = await new Bench(local).run();
    await writeFile(outputPath, renderReport(results));
    console.log(billTable(results));
  });
} else {
  console.error(problem);
  process.exitCode = 1;
}
