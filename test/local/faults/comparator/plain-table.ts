import type { Caller } from "../invocation.ts";

/** A table of counters as DynamoDB has it: single writes, and transactions of up to 100 items with a condition. */
export class PlainTable {
  readonly #counts = new Map<string, number>();
  readonly #markers = new Set<string>();

  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** UpdateItem with ADD. */
  add(caller: Caller, key: string, by: number): Promise<void> {
    return caller.call(() => Promise.resolve(this.#add(key, by)));
  }

  /** TransactWriteItems: adds everything and puts the marker, or, where the marker is there, nothing. */
  addOnce(caller: Caller, marker: string, counts: ReadonlyMap<string, number>): Promise<"added" | "refused"> {
    return caller.call(() => {
      if (this.#markers.has(marker)) return Promise.resolve("refused");
      this.#markers.add(marker);
      for (const [key, by] of counts) this.#add(key, by);
      return Promise.resolve("added");
    });
  }

  #add(key: string, by: number): void {
    this.#counts.set(key, this.count(key) + by);
  }
}
