import type { Rejection } from "#src/wire/play-codec.ts";
import { formatCount } from "./progress.ts";

const mostListed = 10;

/** Counts rejected lines and remembers the first ten. */
export class RejectList {
  count = 0;
  readonly #path: string;
  readonly #lines: string[] = [];

  constructor(path: string) {
    this.#path = path === "-" ? "stdin" : path;
  }

  add(line: number, { field, reason }: Rejection): void {
    this.count += 1;
    if (this.#lines.length < mostListed) this.#lines.push(`${this.#path}:${line}: ${field}: ${reason}`);
  }

  /** One line each, and how many more there are. */
  report(): readonly string[] {
    const more = this.count - this.#lines.length;
    return more === 0 ? this.#lines : [...this.#lines, `and ${formatCount(more)} more`];
  }
}
