import { escapeText } from "./escape-text.ts";

/** One line of a plot. */
export interface Series {
  readonly name: string;
  /** Which of the page's colours; the first is the one that matters most. */
  readonly tone: 1 | 2 | 3;
  /** A gap where y is undefined or NaN. */
  readonly points: readonly (readonly [x: number, y: number | undefined])[];
}

/** How values become places along one side. */
export interface Axis {
  readonly scale: "linear" | "log";
  readonly label: string;
  readonly show: (value: number) => string;
  /** Where a line is drawn and named. @default chosen to be round */
  readonly ticks?: readonly number[];
}

export interface Plot {
  readonly title: string;
  /** One sentence for who does not see it. */
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

const width = 440;
const height = 250;
const left = 58;
const right = 14;
const top = 12;
const bottom = 40;
/** Long runs have more seconds than a line of this width can show. */
const mostPoints = 600;

interface Scale {
  readonly axis: Axis;
  readonly from: number;
  readonly to: number;
  /** The share of the side at which a value lies. */
  at(value: number): number;
}

/** A figure of its own: an SVG with its legend. It needs the classes of report-page.ts. */
export function drawPlot(plot: Plot): string {
  const values = plot.series.flatMap(({ points }) => points.filter(isSeen));
  const title = `<figcaption><h2>${escapeText(plot.title)}</h2></figcaption>`;
  if (values.length === 0) return `<figure>${title}<p class="note">Nothing was measured.</p></figure>`;
  const x = scaleOf(plot.x, values.map(([value]) => value)); // biome-ignore format: one line each
  const y = scaleOf(
    plot.y,
    values.map(([, value]) => value),
  );
  const legend = plot.series.map(({ name, tone }) => `<li class="tone${tone}">${escapeText(name)}</li>`);
  return [
    `<figure>${title}`,
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(plot.description)}">`,
    ...gridOf(x, y),
    ...plot.series.map(({ tone, points }) => `<path class="line tone${tone}" d="${pathOf(points, x, y)}"/>`),
    "</svg>",
    `<ul class="legend">${legend.join("")}</ul></figure>`,
  ].join("\n");
}

type Point = readonly [x: number, y: number];
const isSeen = (point: readonly [number, number | undefined]): point is Point =>
  point[1] !== undefined && Number.isFinite(point[1]);

function scaleOf(axis: Axis, values: readonly number[]): Scale {
  let low = axis.scale === "linear" ? 0 : Number.POSITIVE_INFINITY;
  let high = 0;
  for (const value of values) {
    if (axis.scale === "linear" || value > 0) low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (axis.scale === "linear") {
    const to = axis.ticks?.at(-1) ?? (high === 0 ? 1 : high * 1.05);
    return { axis, from: low, to, at: (value) => (value - low) / (to - low) };
  }
  const from = axis.ticks?.[0] ?? 10 ** Math.floor(Math.log10(low));
  const to = axis.ticks?.at(-1) ?? Math.max(from * 10, 10 ** Math.ceil(Math.log10(high)));
  return { axis, from, to, at: (value) => Math.log(Math.max(value, from) / from) / Math.log(to / from) };
}

const place = (value: number): string => value.toFixed(1);
const placeX = (share: number): number => left + share * (width - left - right);
const placeY = (share: number): number => height - bottom - share * (height - top - bottom);

function gridOf(x: Scale, y: Scale): readonly string[] {
  const parts: string[] = [];
  for (const tick of ticksOf(y)) {
    const at = place(placeY(y.at(tick)));
    parts.push(`<line class="grid" x1="${left}" x2="${width - right}" y1="${at}" y2="${at}"/>`);
    parts.push(
      `<text x="${left - 7}" y="${at}" dy="0.35em" text-anchor="end">${escapeText(y.axis.show(tick))}</text>`,
    );
  }
  for (const tick of ticksOf(x)) {
    const at = place(placeX(x.at(tick)));
    parts.push(
      `<text x="${at}" y="${height - bottom + 17}" text-anchor="middle">${escapeText(x.axis.show(tick))}</text>`,
    );
  }
  parts.push(
    `<text class="axis" x="${width - right}" y="${height - 5}" text-anchor="end">${escapeText(x.axis.label)}</text>`,
  );
  parts.push(`<text class="axis" x="0" y="${height - 5}">${escapeText(y.axis.label)}</text>`);
  return parts;
}

function ticksOf({ axis, from, to }: Scale): readonly number[] {
  if (axis.ticks !== undefined) return axis.ticks;
  if (axis.scale === "log") {
    const decades = Math.round(Math.log10(to / from));
    return Array.from({ length: decades + 1 }, (_, i) => from * 10 ** i);
  }
  const step = roundStep((to - from) / 4);
  const ticks: number[] = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) ticks.push(tick);
  return ticks;
}

/** The next of 1, 2, 2.5, 5 times a power of ten. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return (([1, 2, 2.5, 5] as const).find((factor) => factor * power >= least) ?? 10) * power;
}

function pathOf(points: Series["points"], x: Scale, y: Scale): string {
  const step = Math.ceil(points.length / mostPoints);
  let path = "";
  let isDrawing = false;
  for (let i = 0; i < points.length; i += step) {
    const point = highestOf(points.slice(i, i + step));
    if (point === undefined) {
      isDrawing = false;
      continue;
    }
    path += `${isDrawing ? "L" : "M"}${place(placeX(x.at(point[0])))} ${place(placeY(y.at(point[1])))}`;
    isDrawing = true;
  }
  return path;
}

/** Where several points share a place the worst is shown; a mean would hide it. */
function highestOf(points: Series["points"]): Point | undefined {
  return points
    .filter(isSeen)
    .reduce<Point | undefined>(
      (best, point) => (best === undefined || point[1] > best[1] ? point : best),
      undefined,
    );
}
