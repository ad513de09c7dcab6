import type { Metrics, MetricUnit } from "#src/ports/metrics.ts";

export interface MetricEntry {
  readonly name: string;
  readonly value: number;
  readonly unit: MetricUnit;
}

/** Keeps what was recorded, for tests. */
export class MemoryMetrics implements Metrics {
  readonly #entries: MetricEntry[] = [];

  /** Everything recorded so far, oldest first. */
  get entries(): readonly MetricEntry[] {
    return this.#entries;
  }

  record(name: string, value: number, unit: MetricUnit = "Count"): void {
    this.#entries.push({ name, value, unit });
  }

  /** The values of one metric, oldest first. */
  values(name: string): readonly number[] {
    return this.#entries.filter((entry) => entry.name === name).map((entry) => entry.value);
  }
}
