import type { LogFields, Logger } from "#src/ports/logger.ts";

const levels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof levels)[number];

/** One line a message on standard error: time, level, message, fields as JSON. */
export class ConsoleLogger implements Logger {
  readonly #least: number;

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
    this.#print("error", message, fields);
  }

  #print(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (levels.indexOf(level) < this.#least) return;
    const details = fields === undefined ? "" : ` ${JSON.stringify(fields)}`;
    process.stderr.write(`${new Date().toISOString()} ${level} ${message}${details}\n`);
  }
}
