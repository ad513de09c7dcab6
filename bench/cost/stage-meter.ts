import { MemoryLogger } from "#src/adapters/memory/memory-logger.ts";
import { MemoryMetrics } from "#src/adapters/memory/memory-metrics.ts";
import { logBytesOf, metricNamesOf } from "./logs.ts";
import type { StageMeasure, Work } from "./measure.ts";
import { type CapacityMeter, type Kind, mapUsage, scaleUnits } from "./meter.ts";

/** What is to be metered: so many invocations of one function. */
export interface Metering<T> {
  readonly invocations: number;
  readonly work: () => Promise<T>;
  /** What they had to do, by what came out. @default nothing that takes more or less time */
  readonly doneOf?: (result: T) => Omit<Work, "rounds">;
}

/** Runs functions and meters them, one after the other; the units of what was sampled are scaled. */
export class StageMeter {
  readonly #meter: Pick<CapacityMeter, "take">;
  #logger = new MemoryLogger();
  #metrics = new MemoryMetrics();
  /** How many keys of a kind stand for each that is metered. */
  factors: Readonly<Partial<Record<Kind, number>>> = {};
  /** For a handler: whichever are current when it uses them. */
  readonly edge = {
    logger: {
      debug: () => undefined,
      info: (message: string, fields = {}) => this.#logger.info(message, fields),
      warn: (message: string, fields = {}) => this.#logger.warn(message, fields),
      error: (message: string, fields = {}) => this.#logger.error(message, fields),
    },
    metrics: {
      record: (...entry: Parameters<MemoryMetrics["record"]>) => this.#metrics.record(...entry),
    },
  };

  constructor(meter: Pick<CapacityMeter, "take">) {
    this.#meter = meter;
  }

  async run<T>({
    invocations,
    work,
    doneOf,
  }: Metering<T>): Promise<{ readonly result: T; readonly stage: StageMeasure }> {
    this.#logger = new MemoryLogger();
    this.#metrics = new MemoryMetrics();
    await this.#meter.take();
    const { result, cpuMs } = await cpuOf(work);
    const { usage, rounds } = await this.#meter.take();
    const { things, playsRead } = doneOf?.(result) ?? { things: 0, playsRead: 0 };
    const stage = {
      invocations,
      usage: mapUsage(usage, (units, kind) => scaleUnits(units, this.factors[kind] ?? 1)),
      cpuMs,
      work: { things, playsRead, rounds },
      longest: { things: things / invocations, playsRead, rounds: rounds / invocations },
      logBytes: logBytesOf(this.#logger.entries, this.#metrics.entries, invocations),
      metrics: metricNamesOf(this.#metrics.entries),
    };
    return { result, stage };
  }
}

/** CPU time of this process that some work takes, ms. */
export async function cpuOf<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly cpuMs: number }> {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { result, cpuMs: (user + system) / 1000 };
}
