import { Logger as Powertools } from "@aws-lambda-powertools/logger";
import type { LogFields, Logger } from "#src/ports/logger.ts";

/** JSON logs for CloudWatch. Service name and level come from the `POWERTOOLS_` variables. */
export class PowertoolsLogger implements Logger {
  /** For the middleware at the Lambda's edge. */
  readonly powertools: Powertools;

  constructor(powertools: Powertools = new Powertools()) {
    this.powertools = powertools;
  }

  debug(message: string, fields: LogFields = {}): void {
    this.powertools.debug(message, { ...fields });
  }

  info(message: string, fields: LogFields = {}): void {
    this.powertools.info(message, { ...fields });
  }

  warn(message: string, fields: LogFields = {}): void {
    this.powertools.warn(message, { ...fields });
  }

  error(message: string, fields: LogFields = {}): void {
    this.powertools.error(message, { ...fields });
  }
}
