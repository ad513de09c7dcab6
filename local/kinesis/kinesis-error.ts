/** The account the embedded streams belong to. */
export const ACCOUNT = "000000000000";

/** An error as Kinesis answers it: its type, a message for people and the HTTP status. */
export class KinesisError extends Error {
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, options: ErrorOptions & { readonly status?: number } = {}) {
    super(message, options);
    this.name = "KinesisError";
    this.type = type;
    this.status = options.status ?? 400;
  }
}

/** A value the service cannot accept for a reason outside the API model. */
export function invalidArgument(message: string): KinesisError {
  return new KinesisError("InvalidArgumentException", message);
}

/** A value that breaks a constraint of the API model. `where` is the path of the field, like "records.3.member.data". */
export function constraintError(value: unknown, where: string, constraint: string): KinesisError {
  const shown = value === undefined ? "Value" : `Value '${String(value)}'`;
  const message = `1 validation error detected: ${shown} at '${where}' failed to satisfy constraint: ${constraint}`;
  return new KinesisError("ValidationException", message);
}

/** A body that is not JSON or has a value of the wrong type. */
export function serializationError(message: string): KinesisError {
  return new KinesisError("SerializationException", message);
}

export function resourceNotFound(message: string): KinesisError {
  return new KinesisError("ResourceNotFoundException", message);
}
