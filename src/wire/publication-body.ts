import { CorruptStoreError } from "../domain/errors.ts";
import type { PublicationKey } from "../domain/publication-key.ts";

/** Reads a publication's JSON object; whatever goes wrong becomes a `CorruptStoreError` that names the key. */
export function readPublication<T>(
  key: PublicationKey,
  body: string,
  decode: (json: Readonly<Record<string, unknown>>) => T,
): T {
  try {
    const json: unknown = JSON.parse(body);
    check(typeof json === "object" && json !== null && !Array.isArray(json), "body", json);
    return decode(json as Record<string, unknown>);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CorruptStoreError(`publication ${key} does not decode: ${reason}`, { cause });
  }
}

export function check(holds: boolean, name: string, value: unknown): asserts holds {
  if (!holds) throw new TypeError(`unexpected ${name}: ${show(value)}`);
}

export function checkText(name: string, value: unknown): string {
  check(typeof value === "string", name, value);
  return value;
}

/** A safe integer from 0 on. */
export function checkCount(name: string, value: unknown): number {
  check(typeof value === "number" && Number.isSafeInteger(value) && value >= 0, name, value);
  return value;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
