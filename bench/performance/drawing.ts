/** Legible on its own ground, whatever page it stands on; dark where the reader's system is. */
const style = `
  .ground { fill: #ffffff; stroke: #d0d7de; }
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 15px; font-weight: 600; }
  .small { font-size: 12px; fill: #59636e; }
  .grid { stroke: #d8dee4; stroke-width: 1; }
  .axis { stroke: #59636e; stroke-width: 1; }
  .line { fill: none; stroke-width: 2; }
  .c0 { stroke: #0550ae; fill: #0550ae; } .c1 { stroke: #bc4c00; fill: #bc4c00; } .c2 { stroke: #116329; fill: #116329; }
  .c3 { stroke: #8250df; fill: #8250df; } .c4 { stroke: #bf3989; fill: #bf3989; } .c5 { stroke: #57606a; fill: #57606a; }
  .line.c0, .line.c1, .line.c2, .line.c3, .line.c4, .line.c5 { fill: none; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; stroke: #3d444d; }
    text { fill: #f0f6fc; }
    .small { fill: #9198a1; }
    .grid { stroke: #2a313c; }
    .axis { stroke: #9198a1; }
    .c0 { stroke: #58a6ff; fill: #58a6ff; } .c1 { stroke: #f0883e; fill: #f0883e; } .c2 { stroke: #56d364; fill: #56d364; }
    .c3 { stroke: #bc8cff; fill: #bc8cff; } .c4 { stroke: #f778ba; fill: #f778ba; } .c5 { stroke: #b1bac4; fill: #b1bac4; }
  }`;

/** How many lines or bars can be told apart. */
export const colours = 6;

/** A picture of its own: text and shapes on a ground that has a border. */
export const svgOf = (width: number, height: number, label: string, content: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(label)}">`,
    `<style>${style}\n</style>`,
    `<rect class="ground" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="6"/>`,
    ...content,
    "</svg>\n",
  ].join("\n");

export interface TextPlace {
  readonly x: number;
  readonly y: number;
  readonly anchor?: "start" | "middle" | "end";
  readonly kind?: "title" | "small";
  /** Upright, read from below. */
  readonly isUpright?: boolean;
}

export function textAt(text: string, { x, y, anchor = "start", kind, isUpright = false }: TextPlace): string {
  const turned = isUpright ? ` transform="rotate(-90 ${x} ${y})"` : "";
  const named = kind === undefined ? "" : ` class="${kind}"`;
  return `<text x="${rounded(x)}" y="${rounded(y)}" text-anchor="${anchor}"${named}${turned}>${escaped(text)}</text>`;
}

export const straightLine = (kind: "grid" | "axis", x1: number, y1: number, x2: number, y2: number): string =>
  `<line class="${kind}" x1="${rounded(x1)}" y1="${rounded(y1)}" x2="${rounded(x2)}" y2="${rounded(y2)}"/>`;

/** A mark of a shape of its own for each number, so that lines are told apart without their colours. */
export function markAt(x: number, y: number, number: number): string {
  const [cx, cy, r] = [rounded(x), rounded(y), 4];
  const corners = (...points: readonly (readonly [number, number])[]): string =>
    `<polygon class="c${number % colours}" points="${points.map(([dx, dy]) => `${rounded(x + dx * r)},${rounded(y + dy * r)}`).join(" ")}"/>`;
  switch (number % 4) {
    case 0:
      return `<circle class="c${number % colours}" cx="${cx}" cy="${cy}" r="${r}"/>`;
    case 1:
      return corners([-1, -1], [1, -1], [1, 1], [-1, 1]);
    case 2:
      return corners([0, -1.2], [1.2, 1], [-1.2, 1]);
    default:
      return corners([0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]);
  }
}

export const rounded = (value: number): number => Math.round(value * 10) / 10;

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const escaped = (text: string): string => text.replace(/[&<>"]/g, (found) => entities[found] ?? found);
