const barWidth = 24;
const redrawMs = 100;

/** What a progress bar needs of a terminal. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Progress {
  /** Bytes read and in all; the total is undefined where nobody knows. */
  readonly done: number;
  readonly total: number | undefined;
  readonly plays: number;
}

export const formatCount = (count: number): string => count.toLocaleString("en-US");

/** `1 line`, `1,000 lines`. */
export const counted = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;

/** One line: bar, share, plays and plays a second. */
export function progressLine({ done, total, plays }: Progress, elapsedMs: number): string {
  const perSecond = elapsedMs > 0 ? Math.round((plays * 1000) / elapsedMs) : 0;
  const counts = `${formatCount(plays)} plays, ${formatCount(perSecond)}/s`;
  if (total === undefined || total === 0) return counts;
  const share = Math.min(1, done / total);
  const full = Math.round(share * barWidth);
  return `${"█".repeat(full)}${"░".repeat(barWidth - full)} ${Math.floor(share * 100)} %  ${counts}`;
}

/** A bar that redraws itself on a terminal, and is silent anywhere else. */
export class ProgressBar {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  readonly #startedAt: number;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #drawn = false;

  constructor(terminal: Terminal = process.stderr, now: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#now = now;
    this.#startedAt = now();
  }

  update(progress: Progress): void {
    const now = this.#now();
    if (this.#terminal.isTTY !== true || now - this.#drawnAt < redrawMs) return;
    const line = progressLine(progress, now - this.#startedAt).slice(0, (this.#terminal.columns ?? 80) - 1);
    this.#terminal.write(`\r\u001b[2K${line}`);
    this.#drawnAt = now;
    this.#drawn = true;
  }

  /** Takes the bar away, so that what is printed next starts on an empty line. */
  clear(): void {
    if (this.#drawn) this.#terminal.write("\r\u001b[2K");
    this.#drawn = false;
  }
}
