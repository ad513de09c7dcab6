import { onTestFinished } from "vitest";

/** How a contract suite gets a store that holds nothing. */
export type Open<Store> = () => Promise<{ readonly store: Store; close(): Promise<void> }>;

/** A store for one test, closed when the test ends. */
export async function opened<Store>(open: Open<Store>): Promise<Store> {
  const { store, close } = await open();
  onTestFinished(close);
  return store;
}

/** Everything an iterable yields. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Names whose order by UTF-8 bytes differs from the order of JavaScript's `<`, in the order of their bytes. */
export const namesInUtf8Order = ["", "A", "Z", "a", "é", "日本", "\uff01", "\ufffd", "𐀀", "🎵"] as const;

/** Bytes that no compressor makes smaller, the same in every run (xorshift). */
export function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed * 0x9e3779b1) | 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state >>> 11;
  }
  return bytes;
}

/** The items in an arbitrary order, the same in every run. */
export function shuffled<T>(items: readonly T[]): T[] {
  const bytes = noise(items.length, items.length + 7);
  return items
    .map((item, index) => ({ item, rank: bytes[index] ?? 0 }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
