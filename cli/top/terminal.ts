/** What is needed of standard output; `columns` and `rows` where it is a terminal. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** "Control sequence introducer" (ECMA-48). */
const csi = "\u001b[";
const enter = `${csi}?1049h${csi}?25l`;
const leave = `${csi}?25h${csi}?1049l`;
const home = `${csi}H`;
const clearLine = `${csi}K`;
const clearBelow = `${csi}J`;

/** A screen of its own with a hidden cursor, drawn over in place; what was there before comes back with `close`. */
export class Screen {
  readonly #terminal: Terminal;
  #isOpen = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Lines beyond the last row are not drawn. */
  draw(lines: readonly string[]): void {
    const shown = lines.slice(0, this.#terminal.rows || lines.length);
    const picture = shown.map((line) => line + clearLine).join("\r\n");
    this.#terminal.write(`${this.#isOpen ? "" : enter}${home}${picture}${clearBelow}`);
    this.#isOpen = true;
  }

  close(): void {
    if (this.#isOpen) this.#terminal.write(leave);
    this.#isOpen = false;
  }
}
