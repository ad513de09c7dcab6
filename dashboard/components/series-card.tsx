import { useMemo } from "preact/hooks";
import { minuteMs } from "#src/domain/windows.ts";
import { formatCount } from "../lib/format.ts";
import { minuteSeries } from "../lib/minute-series.ts";
import { useChannel } from "../state/page.ts";
import { useNow } from "../state/use-now.ts";
import { Plot } from "./plot.tsx";

const height = 178;
const percent = (value: number): string => `${Math.round(value)} %`;
const playsSeries = [{ label: "plays", color: "--accent-soft", isBars: true }];
const listenersSeries = [{ label: "listeners", color: "--second-soft", isBars: true }];
const rateSeries = [
  { label: "completed", color: "--up" },
  { label: "skipped", color: "--down" },
];

/** The last hour, minute by minute. */
export function SeriesCard() {
  const held = useChannel("stats");
  const minute = Math.floor(useNow() / minuteMs) * minuteMs;
  const series = useMemo(() => minuteSeries(held?.minutes ?? [], minute), [held, minute]);
  const columns = useMemo(
    () => ({
      plays: [series.plays],
      listeners: [series.listeners],
      rates: [series.completionRate, series.skipRate],
    }),
    [series],
  );
  const last = (values: readonly (number | null)[], text: (value: number) => string): string => {
    const value = values.at(-1) ?? undefined;
    return value === undefined ? "–" : text(value);
  };
  const [plays, listeners] = [last(series.plays, formatCount), last(series.listeners, formatCount)];
  const [completed, skipped] = [last(series.completionRate, percent), last(series.skipRate, percent)];
  return (
    <section class="card series-card" aria-labelledby="series-title">
      <div class="card-head">
        <h2 id="series-title">The last hour</h2>
        <p class="muted">by the minute</p>
      </div>
      <h3>
        Plays <b>{plays}</b>
      </h3>
      <Plot
        label={`Plays per minute in the last hour; ${plays} in the running minute`}
        {...{ x: series.times, columns: columns.plays, series: playsSeries, height, yText: formatCount }}
      />
      <h3>
        Listeners <b>{listeners}</b>
      </h3>
      <Plot
        label={`Listeners per minute in the last hour, estimated; ${listeners} in the running minute`}
        {...{
          x: series.times,
          columns: columns.listeners,
          series: listenersSeries,
          height,
          yText: formatCount,
        }}
      />
      <h3>
        <span class="key" data-series="completed" /> Completed <b>{completed}</b>
        <span class="key" data-series="skipped" /> Skipped <b>{skipped}</b>
      </h3>
      <Plot
        label={`Of the plays of a minute, completed and skipped; now ${completed} and ${skipped}`}
        {...{
          x: series.times,
          columns: columns.rates,
          series: rateSeries,
          height,
          yText: percent,
          yMax: 100,
        }}
      />
    </section>
  );
}
