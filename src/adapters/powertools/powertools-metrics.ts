import { Metrics as Powertools } from "@aws-lambda-powertools/metrics";
import type { Metrics, MetricUnit } from "#src/ports/metrics.ts";

/** CloudWatch metrics in the embedded format: written to the log, so they cost no call. */
export class PowertoolsMetrics implements Metrics {
  /** For the middleware at the Lambda's edge, which publishes what was recorded. */
  readonly powertools: Powertools;

  /** Namespace and service name come from the `POWERTOOLS_` variables. */
  constructor(powertools: Powertools = new Powertools({ logger: silent })) {
    this.powertools = powertools;
  }

  record(name: string, value: number, unit: MetricUnit = "Count"): void {
    this.powertools.addMetric(name, unit, value);
  }
}

const ignore = (): void => undefined;

/** Powertools would warn of every invocation that records nothing, such as a ping. */
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };
