import type { LogFields, Logger } from "#src/ports/logger.ts";

const levels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof levels)[number];

/** An error that goes on is printed again after this long, ms. */
const repeatMs = 10_000;
/** So many different errors are told apart. */
const mostErrors = 100;

interface ToldError {
  readonly at: number;
  repeats: number;
}

/**
 * One line a message on standard error: time, level, message, fields as JSON. The same error for the same reason, numbers
 * aside, is printed once in 10 s and says how often it came in between: a full disk fails every request.
 */
export class ConsoleLogger implements Logger {
  readonly #least: number;
  readonly #told = new Map<string, ToldError>();

  /** @param least messages below this level are not printed */
  constructor(least: LogLevel) {
    this.#least = levels.indexOf(least);
  }

  debug(message: string, fields?: LogFields): void {
    this.#print("debug", message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#print("info", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#print("warn", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    const key = `${message} ${fields?.["reason"]}`.replaceAll(/\d+/g, "0");
    const told = this.#told.get(key);
    const now = performance.now();
    if (told !== undefined && now - told.at < repeatMs) {
      told.repeats += 1;
      return;
    }
    if (this.#told.size >= mostErrors) this.#told.clear();
    this.#told.set(key, { at: now, repeats: 0 });
    const repeats = told?.repeats ?? 0;
    this.#print("error", message, repeats === 0 ? fields : { ...fields, repeats });
  }

  #print(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (levels.indexOf(level) < this.#least) return;
    const details = fields === undefined ? "" : ` ${JSON.stringify(fields)}`;
    process.stderr.write(`${new Date().toISOString()} ${level} ${message}${details}\n`);
  }
}
