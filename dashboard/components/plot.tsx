import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { useStore } from "../state/store.ts";
import { theme } from "../state/theme.ts";

interface PlotSeries {
  readonly label: string;
  /** A custom property of CSS, such as `--accent`. */
  readonly color: string;
  readonly isBars?: boolean;
}

interface PlotProps {
  /** What there is to see, for those who do not see it. */
  readonly label: string;
  /** Epoch seconds, or any numbers where `xText` says what they are. */
  readonly x: readonly number[];
  readonly series: readonly PlotSeries[];
  readonly columns: readonly (readonly (number | null)[])[];
  readonly height: number;
  /** The text of a value of y. */
  readonly yText: (value: number) => string;
  readonly xText?: ((value: number) => string) | undefined;
  /** The top of y; of what is drawn where none is given. */
  readonly yMax?: number | undefined;
}

const bars = uPlot.paths.bars?.({ size: [0.7, 24], radius: 0.2 });
const font = "11px Inter, ui-sans-serif, system-ui, sans-serif";

/** A drawing of one or more series; its text reads as one picture. */
export function Plot({ label, x, series, columns, height, yText, xText, yMax }: PlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const shownTheme = useStore(theme);
  const shape = series.map(({ color, label: name }) => `${name} ${color}`).join();

  // Texts and data change without drawing all anew.
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const options = optionsOf(element, { series, height, yText, xText, yMax });
    const drawn = new uPlot(options, dataOf(x, columns), element);
    plot.current = drawn;
    const resize = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      drawn.destroy();
    };
  }, [shape, height, shownTheme, yMax]);

  useEffect(() => plot.current?.setData(dataOf(x, columns)), [x, columns]);

  return <div ref={host} class="plot" role="img" aria-label={label} style={{ height: `${height}px` }} />;
}

const dataOf = (x: readonly number[], columns: PlotProps["columns"]): uPlot.AlignedData =>
  [x, ...columns] as unknown as uPlot.AlignedData;

function optionsOf(
  element: HTMLElement,
  { series, height, yText, xText, yMax }: Pick<PlotProps, "series" | "height" | "yText" | "xText" | "yMax">,
): uPlot.Options {
  const colorOf = colorReader(element);
  const axis = { stroke: colorOf("--muted"), font, ticks: { show: false } };
  return {
    width: element.clientWidth,
    height,
    padding: [8, 20, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: xText === undefined, range: rangeOf(series) },
      y: { range: (_, _min, max) => [0, yMax ?? Math.max(1, max * 1.1)] },
    },
    axes: [
      {
        ...axis,
        size: 22,
        space: 64,
        grid: { show: false },
        values: (_, splits) => splits.map(xText ?? timeText),
      },
      {
        ...axis,
        size: 44,
        space: 34,
        grid: { stroke: colorOf("--line"), width: 1 },
        values: (_, splits) => splits.map(yText),
      },
    ],
    series: [
      {},
      ...series.map(({ label, color, isBars }) => ({
        label,
        stroke: colorOf(color),
        width: isBars === true ? 0 : 2,
        points: { show: isBars !== true, size: 4, fill: colorOf(color) },
        ...(isBars === true && {
          fill: colorOf(color),
          ...(bars && { paths: bars }),
        }),
      })),
    ],
  };
}

/** All of x, and where there are bars half of one more at either end, so that none is cut. */
function rangeOf(series: readonly PlotSeries[]): uPlot.Range.Function {
  const hasBars = series.some(({ isBars }) => isBars);
  return ({ data: [x] }, min, max) => {
    const step = hasBars ? (max - min) / Math.max(1, x.length - 1) : 0;
    return [min - step / 2, max + step / 2];
  };
}

/** A canvas knows no custom properties: the browser is asked what color comes of one. */
function colorReader(element: HTMLElement): (property: string) => string {
  const probe = element.appendChild(document.createElement("span"));
  return (property) => {
    probe.style.color = `var(${property})`;
    return getComputedStyle(probe).color;
  };
}

const times = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const timeText = (seconds: number): string => times.format(seconds * 1000);
