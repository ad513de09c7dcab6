import { useMemo } from "preact/hooks";
import { formatCount } from "../lib/format.ts";
import { hourColumns } from "../lib/hour-columns.ts";
import type { SongAnswer } from "../lib/song-answer.ts";
import { Plot } from "./plot.tsx";

const height = 170;
const hourSeries = [{ label: "plays", color: "--accent-soft", isBars: true }];
const dropOffSeries = [{ label: "still listening", color: "--accent" }];
const tenths = Array.from({ length: 11 }, (_, i) => i * 10);
const percent = (value: number): string => `${Math.round(value)} %`;

export function HoursPlot({ hours }: Pick<SongAnswer, "hours">) {
  const { x, plays } = useMemo(() => hourColumns(hours, Date.now()), [hours]);
  const columns = useMemo(() => [plays], [plays]);
  const most = Math.max(0, ...plays);
  return (
    <Plot
      label={`Plays by the hour in the last ${x.length} hours; ${formatCount(most)} at most`}
      {...{ x, columns, series: hourSeries, height, yText: formatCount }}
    />
  );
}

/** The share of plays that reach each tenth of the song. */
export function DropOffPlot({ dropOff }: { readonly dropOff: SongAnswer["drop_off"] }) {
  const shares = dropOff?.still_listening;
  const columns = useMemo(() => [(shares ?? []).map((share) => 100 * share)], [shares]);
  if (dropOff === null || dropOff.plays === 0) return <p class="empty">No play says how long the song is.</p>;
  const half = percent(100 * (dropOff.still_listening[5] ?? 0));
  const end = percent(100 * (dropOff.still_listening[10] ?? 0));
  return (
    <>
      <Plot
        label={`Of ${formatCount(dropOff.plays)} plays, ${half} reach the middle of the song and ${end} its end`}
        {...{ x: tenths, columns, series: dropOffSeries, height, yText: percent, xText: percent, yMax: 100 }}
      />
      <p class="muted caption">
        {half} of {formatCount(dropOff.plays)} plays reach the middle, {end} the end.
      </p>
    </>
  );
}
