import type { ChartSnapshot } from "#src/wire/push-protocol.ts";
import type { View } from "./follow-chart.ts";
import { type Frame, renderChanges, renderChart } from "./render-chart.ts";
import { Screen, type Terminal } from "./terminal.ts";

/** Width where nobody knows, as in a pipe. */
const plainWidth = 100;
/** Of a screen, above the entries. */
const headLines = 4;

/** Draws the chart over itself, as large as the terminal is at the moment. */
export class LiveView implements View {
  readonly #terminal: Terminal;
  readonly #screen: Screen;
  readonly #limit: number;
  readonly #color: boolean;
  #frame: Frame | undefined;

  constructor(terminal: Terminal, limit: number, color: boolean) {
    this.#terminal = terminal;
    this.#screen = new Screen(terminal);
    this.#limit = limit;
    this.#color = color;
  }

  show(frame: Frame): void {
    this.#frame = frame;
    this.redraw();
  }

  redraw(): void {
    if (this.#frame === undefined) return;
    const columns = this.#terminal.columns || plainWidth; // 0 where a terminal does not know
    const rows = this.#terminal.rows || headLines + this.#limit;
    const limit = Math.max(0, Math.min(this.#limit, rows - headLines));
    this.#screen.draw(renderChart(this.#frame, { width: columns, limit, color: this.#color }));
  }

  close(): void {
    this.#screen.close();
  }
}

/** Prints the chart once, and then a line for each change. */
export class PlainView implements View {
  readonly #terminal: Terminal;
  readonly #limit: number;
  #shown: ChartSnapshot | undefined;

  constructor(terminal: Terminal, limit: number) {
    this.#terminal = terminal;
    this.#limit = limit;
  }

  show(frame: Frame): void {
    const layout = { width: this.#terminal.columns || plainWidth, limit: this.#limit, color: false };
    const lines =
      this.#shown === undefined ? renderChart(frame, layout) : renderChanges(this.#shown, frame, layout);
    for (const line of lines) this.#terminal.write(`${line.trimEnd()}\n`);
    this.#shown = frame.chart;
  }
}
