import type { VerifiedKind } from "#src/domain/verification.ts";

const shownDifferences = 20;
/** Of one thing; what else is wrong with it shows once these are put right. */
const shownOfOne = 3;

/** Gathers what was compared and what differs, by kind. */
export class DriftReport<Kind extends string> {
  readonly #kinds: Map<Kind, { compared: number; drift: number }>;
  readonly #differences: string[] = [];

  /** @param kinds in their order */
  constructor(kinds: readonly Kind[]) {
    this.#kinds = new Map(kinds.map((kind) => [kind, { compared: 0, drift: 0 }]));
  }

  get kinds(): readonly VerifiedKind[] {
    return [...this.#kinds].map(([kind, figures]) => ({ kind, ...figures }));
  }

  /** The first. */
  get differences(): readonly string[] {
    return this.#differences;
  }

  /** Notes one thing that was compared; it has drifted where there are differences. */
  note(kind: Kind, differences: readonly string[]): void {
    this.add(kind, 1, differences.length > 0 ? 1 : 0, differences.slice(0, shownOfOne));
  }

  add(kind: Kind, compared: number, drift: number, differences: readonly string[]): void {
    const figures = this.#kinds.get(kind);
    if (figures === undefined) throw new RangeError(`${kind} is not compared`);
    figures.compared += compared;
    figures.drift += drift;
    for (const difference of differences)
      if (this.#differences.length < shownDifferences) this.#differences.push(difference);
  }
}

/** `[]` where both are the same, else what they are. */
export function compareValues(name: string, expected: unknown, stored: unknown): readonly string[] {
  return expected === stored ? [] : [`${name}: expected ${show(expected)}, stored ${show(stored)}`];
}

const show = (value: unknown): string => {
  if (value === undefined) return "nothing";
  return typeof value === "bigint" ? String(value) : JSON.stringify(value);
};
