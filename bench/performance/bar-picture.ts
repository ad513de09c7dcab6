import type { Bars } from "../harness/bench-case.ts";
import { threeDigits } from "../harness/result-table.ts";
import { rounded, straightLine, svgOf, textAt } from "./drawing.ts";
import { linearScale, tickText } from "./ticks.ts";

const width = 760;
const plot = { left: 250, width: 410 };
const barStep = 32;
const barHeight = 20;
const top = 46;
const axisHeight = 60;

/** Bars as SVG, the longest first, with their figures. */
export function barPicture({ title, unit, bars }: Bars): string {
  const sorted = bars.toSorted((a, b) => b.value - a.value);
  const scale = linearScale(sorted.map(({ value }) => value));
  const bottom = top + sorted.length * barStep;
  const xAt = (value: number): number => plot.left + scale.place(value) * plot.width;
  return svgOf(width, bottom + axisHeight, `${title}: ${unit}`, [
    textAt(title, { x: 20, y: 26, kind: "title" }),
    ...scale.ticks.flatMap((tick) => [
      straightLine("grid", xAt(tick), top, xAt(tick), bottom),
      textAt(tickText(tick), { x: xAt(tick), y: bottom + 18, anchor: "middle", kind: "small" }),
    ]),
    ...sorted.flatMap(({ name, value, isOurs }, i) => {
      const y = top + i * barStep + (barStep - barHeight) / 2;
      const colour = isOurs ? "c0" : "c5";
      return [
        `<rect class="${colour}" x="${plot.left}" y="${y}" width="${rounded(xAt(value) - plot.left)}" height="${barHeight}"/>`,
        textAt(name, { x: plot.left - 10, y: y + 15, anchor: "end" }),
        textAt(threeDigits(value), { x: xAt(value) + 8, y: y + 15 }),
      ];
    }),
    straightLine("axis", plot.left, top, plot.left, bottom),
    textAt(unit, { x: plot.left + plot.width / 2, y: bottom + 44, anchor: "middle" }),
  ]);
}
