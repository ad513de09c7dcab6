import { DedupeTable } from "./dedupe-table.ts";

/**
 * So many tables, by four bits of the id: each is resized by itself. One table and the larger one that it is moved to would be 36 bytes an
 * id at once; of a file of 14 million plays within the horizon that was half of the engine's memory (ADR 28).
 */
const tables = 16;
/** A full segment has some 1,700 plays, which spread over the tables; one that has room for so many is not resized while it is collected. */
const usualPlaysOfTable = Math.ceil((1.5 * 3000) / tables);

/**
 * Remembers when each event id (by its 64-bit hash) last arrived, for one dedupe horizon: 15 to 21 bytes an id.
 *
 * What is added after `begin` can be taken back, so that plays which are not committed yet need no window of their own: an id
 * costs one look-up in a table that is in no cache, where it cost two.
 */
export class DedupeWindow {
  readonly #tables: readonly DedupeTable[];

  /** @param horizonMs how far apart two arrivals of one id may be and still be duplicates, ms */
  constructor(horizonMs: number) {
    this.#tables = Array.from({ length: tables }, () => new DedupeTable(horizonMs));
  }

  /** How many ids are held, expired ones that were not yet dropped included. */
  get size(): number {
    return this.#tables.reduce((sum, { size }) => sum + size, 0);
  }

  /** The memory of the tables in bytes. */
  get byteLength(): number {
    return this.#tables.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /**
   * Notes an arrival; of several arrivals of one id the latest is kept.
   *
   * @param arrivedAt epoch ms
   * @returns whether the id had arrived within the horizon before or after; not to be asked where an arrival is earlier than others before it
   */
  add(hi: number, lo: number, arrivedAt: number): boolean {
    return (this.#tables[lo & (tables - 1)] as DedupeTable).add(hi, lo, arrivedAt);
  }

  /** Notes arrivals, each as `add` does. */
  addAll(hi: Uint32Array, lo: Uint32Array, arrivedAt: Float64Array): void {
    for (let i = 0; i < hi.length; i++) this.add(hi[i] ?? 0, lo[i] ?? 0, arrivedAt[i] ?? 0);
  }

  /** Has everything up to now stay. What is added from now on can be taken back. */
  begin(): void {
    for (const table of this.#tables) table.begin(usualPlaysOfTable);
  }

  /**
   * Forgets what was added since `begin`, and knows again what it knew then.
   *
   * @returns false where it cannot: what the window holds is of no use any more
   */
  takeBack(): boolean {
    return this.#tables.map((table) => table.takeBack()).every(Boolean);
  }
}
