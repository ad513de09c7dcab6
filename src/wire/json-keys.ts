import { viewOf } from "./bytes.ts";

/**
 * The keys of a JSON object that a scanner knows. A sender writes its objects in one order, so the key that followed
 * last time is tried first.
 */
export class JsonKeys {
  /** `"name":` of each key as words, each from a multiple of `mostWords` on; the last overlaps the one before. */
  readonly #words: Int32Array;
  readonly #lengths: Int32Array;
  /** Which key came last after each; the first after none. */
  readonly #following: Int32Array;

  /** @param names of 2 to 29 ASCII letters, at most 31 of them */
  constructor(names: readonly string[]) {
    const literals = names.map((name) => viewOf(new TextEncoder().encode(`"${name}":`)));
    this.#lengths = Int32Array.from(literals, ({ byteLength }) => byteLength);
    this.#following = new Int32Array(names.length + 1);
    this.#words = new Int32Array(names.length * mostWords);
    for (const [key, literal] of literals.entries()) this.#words.set(wordsOf(literal), key * mostWords);
  }

  /**
   * Which key stands at `at`, with its quotes and the colon; -1 where it is none of them.
   *
   * @param end where the bytes end
   * @param before the key before it, or -1
   */
  at(view: DataView, at: number, end: number, before: number): number {
    const expected = this.#following[before + 1] ?? 0;
    if (this.#isAt(view, at, end, expected)) return expected;
    for (let key = 0; key < this.#lengths.length; key++) {
      if (!this.#isAt(view, at, end, key)) continue;
      this.#following[before + 1] = key;
      return key;
    }
    return -1;
  }

  /** Bytes of a key with its quotes and the colon. */
  lengthOf(key: number): number {
    return this.#lengths[key] ?? 0;
  }

  #isAt(view: DataView, start: number, end: number, key: number): boolean {
    const last = start + (this.#lengths[key] ?? 0) - 4;
    if (last + 4 > end) return false;
    const words = this.#words;
    let word = key * mostWords;
    for (let at = start; at < last; at += 4) if (view.getInt32(at, true) !== words[word++]) return false;
    return view.getInt32(last, true) === words[word];
  }
}

const mostWords = 8;

function wordsOf(literal: DataView): readonly number[] {
  const words: number[] = [];
  const last = literal.byteLength - 4;
  for (let at = 0; at < last; at += 4) words.push(literal.getInt32(at, true));
  return [...words, literal.getInt32(last, true)];
}
