import type { Chart } from "#src/domain/chart.ts";
import type { PublicationKey } from "#src/domain/publication-key.ts";
import { decodeChart, encodeChart } from "#src/wire/chart-codec.ts";

interface KnownChart {
  readonly chart: Chart;
  readonly body: string;
}

/** An epoch touches some 30 charts; one that counts plays of many hours has more of them, and finds fewer here. */
const mostCharts = 64;

/**
 * Charts as this process has written or read them last: what is stored with the very same text is the same chart, and need not be
 * decoded again. Of an epoch of 20,000 plays decoding took a sixteenth of MapReduce's CPU, and of a smaller one more (ADR 27).
 */
export class KnownCharts {
  /** Those that were asked for last come last. */
  readonly #charts = new Map<PublicationKey, KnownChart>();

  /** @throws CorruptStoreError naming `key` where the body is no chart */
  decode(key: PublicationKey, body: string): Chart {
    const known = this.#charts.get(key);
    const chart = known?.body === body ? known.chart : decodeChart(body, key);
    this.#remember(key, { chart, body });
    return chart;
  }

  encode(key: PublicationKey, chart: Chart): string {
    const body = encodeChart(chart);
    this.#remember(key, { chart, body });
    return body;
  }

  #remember(key: PublicationKey, known: KnownChart): void {
    this.#charts.delete(key);
    this.#charts.set(key, known);
    const [oldest] = this.#charts.keys();
    if (this.#charts.size > mostCharts && oldest !== undefined) this.#charts.delete(oldest);
  }
}
