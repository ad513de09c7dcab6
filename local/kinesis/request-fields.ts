import { constraintError, serializationError } from "./kinesis-error.ts";

/** The members of a request or of an entry in it. */
export type Fields = Readonly<Record<string, unknown>>;

/** @throws KinesisError (SerializationException) when the value is not an object */
export function fieldsOf(value: unknown, where: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw serializationError(`${where} is not an object`);
}

/** @throws KinesisError when there is a value that is not a string */
export function optionalString(fields: Fields, name: string): string | undefined {
  const value = fields[name] ?? undefined;
  if (value === undefined || typeof value === "string") return value;
  throw serializationError(`${name} is not a string`);
}

/** @throws KinesisError when there is no string; `where` is its path in messages */
export function requiredString(fields: Fields, name: string, where = lowerFirst(name)): string {
  const value = optionalString(fields, name);
  if (value === undefined) throw constraintError(undefined, where, "Member must not be null");
  return value;
}

/** @throws KinesisError when there is a value that is not an integer within the inclusive bounds */
export function optionalInteger(fields: Fields, name: string, min: number, max: number): number | undefined {
  const value = fields[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value))
    throw serializationError(`${name} is not an integer`);
  const where = lowerFirst(name);
  if (value < min)
    throw constraintError(value, where, `Member must have value greater than or equal to ${min}`);
  if (value > max) throw constraintError(value, where, `Member must have value less than or equal to ${max}`);
  return value;
}

/** @throws KinesisError when the value is not base64 with padding */
export function requiredBytes(fields: Fields, name: string, where = lowerFirst(name)): Buffer {
  const text = requiredString(fields, name, where);
  const bytes = decodeBase64(text);
  if (bytes === undefined) throw serializationError(`${where} is not base64`);
  return bytes;
}

/**
 * The bytes of base64 with padding; undefined where the text is something else. Node's decoder leaves out what is no digit, stops
 * at a `=` and takes `-` and `_` as well: the first two show in the length. Measured on 13 KB: a regular expression before it takes
 * 25 us, these checks 1 us.
 */
function decodeBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0 || text.includes("-") || text.includes("_")) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = Buffer.from(text, "base64");
  return bytes.length === (text.length / 4) * 3 - padding ? bytes : undefined;
}

/** @throws KinesisError when the value is not an array */
export function requiredArray(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name] ?? undefined;
  if (value === undefined) throw constraintError(undefined, lowerFirst(name), "Member must not be null");
  if (!Array.isArray(value)) throw serializationError(`${name} is not a list`);
  return value;
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
