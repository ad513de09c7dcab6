import type { Rejection } from "#src/wire/play-codec.ts";
import { formatCount } from "./progress.ts";

/** Counts rejected lines and remembers the first of them. */
export class RejectList {
  count = 0;
  readonly #path: string;
  readonly #mostListed: number;
  readonly #lines: string[] = [];

  constructor(path: string, mostListed = 10) {
    this.#path = path === "-" ? "stdin" : path;
    this.#mostListed = mostListed;
  }

  add(line: number, { field, reason }: Rejection): void {
    this.count += 1;
    if (this.#lines.length < this.#mostListed) this.#lines.push(`${this.#path}:${line}: ${field}: ${reason}`);
  }

  /** One line each, and how many more there are. */
  report(): readonly string[] {
    const more = this.count - this.#lines.length;
    return more === 0 ? this.#lines : [...this.#lines, `and ${formatCount(more)} more`];
  }
}
