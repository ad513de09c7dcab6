/** Numbers names from 0, in the order in which they come first. */
export class Numbering<Name extends string> {
  /** By number. */
  readonly names: Name[] = [];
  readonly #numbers = new Map<Name, number>();

  get size(): number {
    return this.names.length;
  }

  /** The number of a name that came before; undefined for any other. */
  find(name: Name): number | undefined {
    return this.#numbers.get(name);
  }

  numberOf(name: Name): number {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.names.push(name) - 1;
      this.#numbers.set(name, number);
    }
    return number;
  }
}
