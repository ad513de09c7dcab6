const unknown = -2;

/**
 * A number for each entry of a dictionary, asked for when a column uses the entry first: segments may share a dictionary, with the
 * names of plays that do not count (I3). One that has grown since is still the same.
 */
export class DictionaryNumbers<Entry> {
  readonly #numberOf: (entry: Entry) => number;
  #dictionary: readonly Entry[] = [];
  #numbers = new Int32Array(0);

  /** @param numberOf an entry's number, from -1 on */
  constructor(numberOf: (entry: Entry) => number) {
    this.#numberOf = numberOf;
  }

  /**
   * The numbers of all entries that a column uses, by their places in the dictionary; they hold until the next call.
   *
   * @param column of places in the dictionary
   */
  of(dictionary: readonly Entry[], column: Uint32Array): Int32Array {
    this.#open(dictionary);
    const numbers = this.#numbers;
    for (let i = 0; i < column.length; i++) {
      const place = column[i] as number;
      if (numbers[place] === unknown) numbers[place] = this.#numberOf(dictionary[place] as Entry);
    }
    return numbers;
  }

  #open(dictionary: readonly Entry[]): void {
    const isSame = dictionary === this.#dictionary;
    const before = this.#numbers;
    if (isSame && dictionary.length <= before.length) return;
    this.#dictionary = dictionary;
    const length = isSame ? Math.max(dictionary.length, 2 * before.length) : dictionary.length;
    this.#numbers = new Int32Array(length).fill(unknown);
    if (isSame) this.#numbers.set(before);
  }
}
