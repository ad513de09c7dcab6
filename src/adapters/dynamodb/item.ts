import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { CorruptStoreError } from "#src/domain/errors.ts";
import { shownPartition } from "./keys.ts";

/** An item as the document client gives it: strings, numbers, bigints, bytes, sets of numbers. */
export type Item = Readonly<Record<string, unknown>>;

/** The string attribute of an item. */
export function textOf(item: Item, attribute: string): string {
  const value = item[attribute];
  if (typeof value === "string") return value;
  throw unexpected(item, attribute, "text");
}

/** The number attribute of an item; 0 where it is missing. */
export function numberOf(item: Item, attribute: string): number {
  return Number(bigintOf(item, attribute));
}

/** The number attribute of an item with all of its digits; 0 where it is missing. */
export function bigintOf(item: Item, attribute: string): bigint {
  const value = item[attribute];
  if (value === undefined) return 0n;
  if (typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  throw unexpected(item, attribute, "a whole number");
}

/** The set of numbers of an item. */
export function numbersOf(item: Item, attribute: string): ReadonlySet<number> {
  const value = item[attribute];
  if (value instanceof Set && [...value].every(Number.isSafeInteger)) return value as ReadonlySet<number>;
  throw unexpected(item, attribute, "a set of whole numbers");
}

/** What `bodyAttributes` stored. */
export function bodyOf(item: Item): Uint8Array {
  const body = bytesOf(item);
  return item["deflated"] === true ? inflated(body) : body;
}

/** The bytes of an item's body, or of another attribute, as they are stored. */
export function bytesOf(item: Item, attribute = "body"): Uint8Array {
  const value = item[attribute];
  if (value instanceof Uint8Array) return value;
  throw unexpected(item, attribute, "bytes");
}

/** The attributes that hold a body, deflated where that makes it smaller. */
export function bodyAttributes(body: Uint8Array): { readonly body: Uint8Array; readonly deflated?: true } {
  const smaller = deflateRawSync(body);
  return smaller.length < body.length ? { body: smaller, deflated: true } : { body };
}

/** Inflates what zlib deflated without a header. */
export function inflated(body: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(body);
  } catch (cause) {
    throw new CorruptStoreError(`a body of ${body.length} bytes cannot be inflated`, { cause });
  }
}

/** The item that comes with a failed condition; the document client leaves it as it was sent. */
export function itemFrom(attributes: Readonly<Record<string, AttributeValue>>): Item {
  return Object.fromEntries(
    Object.entries(attributes).map(([attribute, { S, N, B, BOOL, NS }]) => [
      attribute,
      S ?? B ?? BOOL ?? (NS && new Set(NS.map(Number))) ?? (N === undefined ? undefined : integerFrom(N)),
    ]),
  );
}

/** Reads a whole number as DynamoDB writes it, with an exponent (`1E+36`) or without. */
export function integerFrom(text: string): bigint {
  const match = /^(-?\d+)(?:\.(\d+))?(?:[eE]\+?(\d+))?$/.exec(text);
  const [, digits = "", fraction = "", exponent = "0"] = match ?? [];
  const zeros = Number(exponent) - fraction.length;
  if (match === null || zeros < 0) throw new CorruptStoreError(`"${text}" is not a whole number`);
  return BigInt(digits + fraction + "0".repeat(zeros));
}

function unexpected(item: Item, attribute: string, wanted: string): CorruptStoreError {
  const pk = shownPartition(String(item["pk"]));
  return new CorruptStoreError(`attribute ${attribute} of item ${pk} ${item["sk"]} is not ${wanted}`);
}
