import type { LogFields, Logger } from "#src/ports/logger.ts";

export interface LogEntry {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields: LogFields;
}

/** Keeps what was logged, for tests. */
export class MemoryLogger implements Logger {
  readonly #entries: LogEntry[] = [];

  /** Everything logged so far, oldest first. */
  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#entries.push({ level: "debug", message, fields });
  }

  info(message: string, fields: LogFields = {}): void {
    this.#entries.push({ level: "info", message, fields });
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#entries.push({ level: "warn", message, fields });
  }

  error(message: string, fields: LogFields = {}): void {
    this.#entries.push({ level: "error", message, fields });
  }
}
