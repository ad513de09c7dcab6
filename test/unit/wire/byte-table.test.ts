import fc from "fast-check";
import { expect, test } from "vitest";
import { areEqual, hashBytes } from "#src/domain/byte-words.ts";
import { ByteTable } from "#src/wire/byte-table.ts";
import { viewOf } from "#src/wire/bytes.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

class TextTable {
  readonly table: ByteTable;
  readonly #texts: string[] = [];

  constructor(values: number, bytes: number) {
    this.table = new ByteTable(values, bytes);
  }

  add(text: string, hash = hashOf(text)): void {
    this.table.add(hash, bytesOf(text), this.#texts.push(text) - 1);
  }

  find(text: string, hash = hashOf(text)): string | undefined {
    const bytes = bytesOf(text);
    const slot = this.table.find(hash, viewOf(bytes), 0, bytes.length, bytes.length);
    return slot < 0 ? undefined : this.#texts[this.table.noteAt(slot)];
  }
}

function hashOf(text: string): number {
  const bytes = bytesOf(text);
  return hashBytes(viewOf(bytes), 0, bytes.length);
}

test("what was added is found, and nothing else, however the table grew", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ maxLength: 12 }), { maxLength: 60 }), (texts) => {
      const table = new TextTable(1000, 1_000_000);
      const fillers = Array.from({ length: 3000 }, (_, i) => `filler ${i}`);
      for (const text of texts.slice(0, 30)) table.add(text);
      for (const text of fillers) table.add(text);
      for (const text of texts.slice(0, 30)) if (table.find(text) === undefined) table.add(text);

      for (const text of texts.slice(0, 30)) expect([text, undefined]).toContain(table.find(text));
      for (const text of texts.slice(30)) expect(table.find(text)).toBeUndefined();
    }),
    { numRuns: 50 },
  );
});

test("nearly all of a few thousand names stay until there are too many, and then only the newest are there", () => {
  const table = new TextTable(5000, 1_000_000);
  const names = Array.from({ length: 5000 }, (_, i) => `user-${i}`);
  for (const name of names) table.add(name);
  const known = names.filter((name) => table.find(name) === name).length;

  for (let i = 0; i <= 10; i++) table.add(`another ${i}`);

  expect(known).toBeGreaterThan(4990);
  expect(table.find("another 10")).toBe("another 10");
  expect(names.filter((name) => table.find(name) !== undefined)).toEqual([]);
});

test("bytes are bounded as well, and what is larger than all of them is not kept", () => {
  const table = new TextTable(1000, 100);
  table.add("a".repeat(60));
  table.add("b".repeat(60));
  table.add("c".repeat(101));

  expect(table.find("a".repeat(60))).toBeUndefined();
  expect(table.find("b".repeat(60))).toBe("b".repeat(60));
  expect(table.find("c".repeat(101))).toBeUndefined();
});

test("what an entry keeps beside its bytes stays in its store when all is forgotten", () => {
  const table = new ByteTable(1000, 100);
  const at = table.add(1, bytesOf("a".repeat(40)), 0, bytesOf("beside a"));
  const { store } = table;
  const line = bytesOf("a".repeat(40));
  const found = table.besideAt(table.find(1, viewOf(line), 0, 40, 40));
  const other = table.add(2, bytesOf("b".repeat(60)), 0, bytesOf("beside b"));

  expect(found).toBe(at);
  expect(table.store).not.toBe(store);
  expect(store.bytes.slice(at, at + 8)).toEqual(bytesOf("beside a"));
  expect(table.store.bytes.slice(other, other + 8)).toEqual(bytesOf("beside b"));
  expect(table.add(3, bytesOf("c".repeat(60)), 0, bytesOf("d".repeat(60)))).toBe(-1);
});

test("values of one hash are told apart, and are too many only to be kept", () => {
  const table = new TextTable(1000, 1_000_000);
  for (let i = 0; i < 100; i++) table.add(`colliding ${i}`, 7);

  expect(table.find("colliding 0", 7)).toBe("colliding 0");
  expect(table.find("colliding 15", 7)).toBe("colliding 15");
  expect(table.find("colliding 99", 7)).toBeUndefined();
  expect(table.find("colliding x", 7)).toBeUndefined();
});

test("an entry is found where it goes on, but not where the bytes end before it does", () => {
  const table = new ByteTable(10, 1000);
  table.add(1, bytesOf("{track}"), 41);
  const line = bytesOf("..{track},..");

  const slot = table.find(1, viewOf(line), 2, line.length);

  expect([table.lengthAt(slot), table.noteAt(slot)]).toEqual([7, 41]);
  expect(table.find(1, viewOf(line), 2, 8)).toBe(-1);
});

test("bytes are equal where each of them is", () => {
  const some = fc.uint8Array({ maxLength: 20 });
  fc.assert(
    fc.property(some, fc.nat(19), fc.nat(255), (bytes, at, byte) => {
      const other = bytes.slice();
      if (at < other.length) other[at] = byte;

      expect(areEqual(viewOf(bytes), 0, viewOf(other), 0, bytes.length)).toBe(
        Buffer.compare(bytes, other) === 0,
      );
    }),
  );
});
