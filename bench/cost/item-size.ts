import { kb, unitsOf } from "./prices.ts";

/**
 * The size of an item as DynamoDB counts it, bytes: names and values; a number takes a byte for two digits and one more; a
 * set is its members.
 * Values may be plain, or typed as the service sends them (`{ S: "text" }`).
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemBytes(item: Readonly<Record<string, unknown>>): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) bytes += Buffer.byteLength(name) + valueBytes(value);
  return bytes;
}

/** What a write that its condition refused costs: as much as it would have, by the larger of both items. */
export function refusedWriteUnits(...items: readonly Readonly<Record<string, unknown>>[]): number {
  return Math.max(...items.map((item) => unitsOf(itemBytes(item), kb)));
}

function valueBytes(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value === "number" || typeof value === "bigint") return numberBytes(String(value));
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof Set) return [...value].reduce<number>((sum, member) => sum + valueBytes(member), 0);
  if (typeof value !== "object" || value === null) return 1;
  const [type, content] = Object.entries(value)[0] ?? [];
  if (type === "NS" && Array.isArray(content)) return valueBytes(new Set(content.map(Number)));
  return type === "N" ? numberBytes(String(content)) : valueBytes(content);
}

function numberBytes(text: string): number {
  const significant = text.replace(/^-|\./g, "").replace(/^0+|0+$/g, "");
  return Math.ceil(significant.length / 2) + (text.startsWith("-") ? 2 : 1);
}
