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
    for (let number = this.#numbers.size; number < this.names.length; number++)
      this.#numbers.set(this.names[number] as Name, number);
    return this.#numbers.get(name);
  }

  numberOf(name: Name): number {
    return this.find(name) ?? this.add(name);
  }

  /** The number of a name that nobody has added before; it is not looked up until somebody looks for one. */
  add(name: Name): number {
    return this.names.push(name) - 1;
  }
}
