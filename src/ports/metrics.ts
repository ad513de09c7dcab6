export type MetricUnit = "Count" | "Milliseconds";

/** Figures of a run, for CloudWatch or the embedded runtime's own. */
export interface Metrics {
  record(name: string, value: number, unit?: MetricUnit): void;
}
