/** Collects an UpdateExpression, with a placeholder for every attribute and every value. */
export class UpdateExpression {
  readonly #names = new Map<string, string>();
  readonly #values: Record<string, unknown> = {};
  readonly #clauses = new Map<string, string[]>();
  #valueCount = 0;

  /** Adds a number to an attribute, a missing one counts as 0; or the members of a set to one. */
  add(attribute: string, value: number | bigint | ReadonlySet<number>): void {
    this.#clause("ADD", `${this.name(attribute)} ${this.value(value)}`);
  }

  set(attribute: string, value: unknown): void {
    this.#clause("SET", `${this.name(attribute)} = ${this.value(value)}`);
  }

  /** Sets an attribute where it is missing. */
  setIfMissing(attribute: string, value: unknown): void {
    const name = this.name(attribute);
    this.#clause("SET", `${name} = if_not_exists(${name}, ${this.value(value)})`);
  }

  remove(attribute: string): void {
    this.#clause("REMOVE", this.name(attribute));
  }

  /** The placeholder of an attribute, for use in a condition. */
  name(attribute: string): string {
    let name = this.#names.get(attribute);
    if (name === undefined) {
      name = `#${this.#names.size.toString(36)}`;
      this.#names.set(attribute, name);
    }
    return name;
  }

  /** The placeholder of a value, for use in a condition. */
  value(value: unknown): string {
    const placeholder = `:${(this.#valueCount++).toString(36)}`;
    this.#values[placeholder] = value;
    return placeholder;
  }

  /** The parameters of an UpdateItem. */
  build(): {
    readonly UpdateExpression: string;
    readonly ExpressionAttributeNames: Record<string, string>;
    readonly ExpressionAttributeValues?: Record<string, unknown>;
  } {
    const clauses = [...this.#clauses].map(([verb, parts]) => `${verb} ${parts.join(",")}`);
    return {
      UpdateExpression: clauses.join(" "),
      ExpressionAttributeNames: Object.fromEntries([...this.#names].map(([name, alias]) => [alias, name])),
      ...(this.#valueCount > 0 ? { ExpressionAttributeValues: this.#values } : {}),
    };
  }

  #clause(verb: string, clause: string): void {
    const clauses = this.#clauses.get(verb);
    if (clauses === undefined) this.#clauses.set(verb, [clause]);
    else clauses.push(clause);
  }
}
