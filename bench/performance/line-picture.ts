import type { Curve } from "../harness/bench-case.ts";
import { colours, markAt, rounded, straightLine, svgOf, textAt } from "./drawing.ts";
import { linearScale, logarithmicScale, type Scale, tickText } from "./ticks.ts";

const width = 760;
const plot = { left: 84, right: 24, width: 652, height: 280 };
const legendLine = 22;
const titleHeight = 34;
const axisHeight = 62;

/** A curve as SVG: axes with their units, a legend, and a mark at each figure. */
export function linePicture(curve: Curve): string {
  const shown = curve.lines.slice(0, colours);
  const xs = shown.flatMap(({ points }) => points.map(([x]) => x));
  const ys = shown.flatMap(({ points }) => points.map(([, y]) => y));
  const scaleOf = (values: readonly number[], isLogarithmic: boolean): Scale =>
    isLogarithmic ? logarithmicScale(values) : linearScale(values);
  const x = scaleOf(xs, curve.x.isLogarithmic);
  const y = scaleOf(ys, curve.y.isLogarithmic);
  const legendRows = Math.ceil(shown.length / 2);
  const top = titleHeight + legendRows * legendLine + 14;
  const bottom = top + plot.height;
  const xAt = (value: number): number => plot.left + x.place(value) * plot.width;
  const yAt = (value: number): number => bottom - y.place(value) * plot.height;

  return svgOf(width, bottom + axisHeight, `${curve.title}: ${curve.y.label} by ${curve.x.label}`, [
    textAt(curve.title, { x: 20, y: 26, kind: "title" }),
    ...shown.flatMap(({ name }, i) => legendEntry(name, i)),
    ...y.ticks.flatMap((tick) => [
      straightLine("grid", plot.left, yAt(tick), plot.left + plot.width, yAt(tick)),
      textAt(tickText(tick), { x: plot.left - 10, y: yAt(tick) + 4, anchor: "end", kind: "small" }),
    ]),
    ...x.ticks.flatMap((tick) => [
      straightLine("axis", xAt(tick), bottom, xAt(tick), bottom + 5),
      textAt(tickText(tick), { x: xAt(tick), y: bottom + 21, anchor: "middle", kind: "small" }),
    ]),
    straightLine("axis", plot.left, bottom, plot.left + plot.width, bottom),
    textAt(curve.x.label, { x: plot.left + plot.width / 2, y: bottom + 46, anchor: "middle" }),
    textAt(curve.y.label, { x: 22, y: top + plot.height / 2, anchor: "middle", isUpright: true }),
    ...shown.flatMap(({ points }, i) => {
      const placed = points.map(([a, b]) => [rounded(xAt(a)), rounded(yAt(b))] as const);
      const path = placed.map(([a, b]) => `${a},${b}`).join(" ");
      return [
        `<polyline class="line c${i}" points="${path}"/>`,
        ...(points.length <= mostMarks ? placed.map(([a, b]) => markAt(a, b, i)) : []),
      ];
    }),
  ]);
}

/** With more points a line is a curve by itself. */
const mostMarks = 40;

function legendEntry(name: string, i: number): readonly string[] {
  const x = 24 + (i % 2) * 360;
  const y = titleHeight + 18 + Math.floor(i / 2) * legendLine;
  return [
    `<line class="line c${i}" x1="${x}" y1="${y - 4}" x2="${x + 26}" y2="${y - 4}"/>`,
    markAt(x + 13, y - 4, i),
    textAt(name, { x: x + 34, y }),
  ];
}
