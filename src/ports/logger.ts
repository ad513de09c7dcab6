export type LogFields = Readonly<Record<string, unknown>>;

/** Structured logs. Fields hold ids of plays, epochs and connections, never personal data. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
