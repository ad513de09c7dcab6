import type { DuplicateIds, Facts } from "./segment.ts";

const firstRows = 1024;

type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array;
type Columns = Readonly<Record<string, Column>>;

/** Columns of the same length that grow together. Whoever adds a row reserves it and writes into each of `columns`. */
export class GrowingColumns<Shape extends Columns> {
  columns: Shape;
  length = 0;
  #capacity = firstRows;
  readonly #make: (rows: number) => Shape;

  constructor(make: (rows: number) => Shape) {
    this.#make = make;
    this.columns = make(firstRows);
  }

  /** Has no rows any more, and keeps the memory: what `finish` gave before holds no longer. */
  clear(): void {
    this.length = 0;
  }

  /** The index of another row, whose values may be anything. */
  addRow(): number {
    if (this.length === this.#capacity) this.#grow();
    return this.length++;
  }

  /** The columns as long as they were filled; they share their memory with this. */
  finish(): Shape {
    return this.#map((column) => column.subarray(0, this.length));
  }

  #grow(): void {
    this.#capacity *= 2;
    const grown = this.#make(this.#capacity);
    for (const name in grown) grown[name]?.set(this.columns[name] ?? []);
    this.columns = grown;
  }

  #map(change: (column: Column) => Column): Shape {
    const changed = Object.entries(this.columns).map(([name, column]) => [name, change(column)] as const);
    return Object.fromEntries(changed) as Shape;
  }
}

/** Columns for the facts of so many plays, all zeros. */
export const factColumns = (rows: number): Facts & Columns => ({
  user: new Uint32Array(rows),
  track: new Uint32Array(rows),
  startedAt: new Float64Array(rows),
  arrivedAt: new Float64Array(rows),
  listenedMs: new Uint32Array(rows),
  flags: new Uint8Array(rows),
  rating: new Uint16Array(rows),
  tenth: new Uint8Array(rows),
  platform: new Uint32Array(rows),
  mood: new Uint32Array(rows),
  country: new Uint32Array(rows),
  idHi: new Uint32Array(rows),
  idLo: new Uint32Array(rows),
});

/** Columns for so many duplicates, all zeros. */
export const duplicateColumns = (rows: number): DuplicateIds & Columns => ({
  arrivedAt: new Float64Array(rows),
  idHi: new Uint32Array(rows),
  idLo: new Uint32Array(rows),
});
