import { areEqual, viewOf } from "./byte-table.ts";

/**
 * The keys of a JSON object that a scanner knows. A sender writes its objects in one order, so the key that followed
 * last time is tried first.
 */
export class JsonKeys {
  /** `"name":` of each key. */
  readonly #literals: readonly DataView[];
  /** Which key came last after each; the first after none. */
  readonly #following: Int32Array;

  /** @param names of at least two letters, at most 31 */
  constructor(names: readonly string[]) {
    this.#literals = names.map((name) => viewOf(new TextEncoder().encode(`"${name}":`)));
    this.#following = new Int32Array(names.length + 1);
  }

  /**
   * Which key stands at `at`, with its quotes and the colon; -1 where it is none of them.
   *
   * @param before the key before it, or -1
   */
  at(view: DataView, at: number, before: number): number {
    const expected = this.#following[before + 1] ?? 0;
    if (this.#isAt(view, at, expected)) return expected;
    for (let key = 0; key < this.#literals.length; key++) {
      if (!this.#isAt(view, at, key)) continue;
      this.#following[before + 1] = key;
      return key;
    }
    return -1;
  }

  /** Bytes of a key with its quotes and the colon. */
  lengthOf(key: number): number {
    return this.#literals[key]?.byteLength ?? 0;
  }

  #isAt(view: DataView, at: number, key: number): boolean {
    const literal = this.#literals[key];
    return literal !== undefined && areEqual(literal, 0, view, at, literal.byteLength);
  }
}
