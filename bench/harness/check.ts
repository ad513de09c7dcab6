import type { BenchResults } from "./bench-case.ts";
import { threeDigits } from "./result-table.ts";

/** A figure that a case has to reach. */
export interface Target {
  readonly id: string;
  /** The case that measures it. */
  readonly case: string;
  readonly what: string;
  readonly bound: { readonly atLeast: number } | { readonly atMost: number };
}

/** A target and what was seen; undefined where it was not measured, NaN where it could not be. */
export interface Judged {
  readonly target: Target;
  readonly seen: number | undefined;
  readonly isMet: boolean;
}

/**
 * Holds the results against the targets of the cases that ran. What was not measured is missed, unless the run was a quick one,
 * which does not measure everything.
 */
export function judge(targets: readonly Target[], results: BenchResults): readonly Judged[] {
  return targets.flatMap((target) => {
    const result = results[target.case];
    if (result === undefined) return [];
    const seen = result.ratios[target.id];
    if (seen === undefined && result.isQuick) return [];
    return [{ target, seen, isMet: seen !== undefined && meets(seen, target) }];
  });
}

const meets = (seen: number, { bound }: Target): boolean =>
  "atLeast" in bound ? seen >= bound.atLeast : seen <= bound.atMost;

/** What is asked of a target, for instance `at least 0.15`. */
export const askedOf = ({ bound }: Target): string =>
  "atLeast" in bound ? `at least ${amount(bound.atLeast)}` : `at most ${amount(bound.atMost)}`;

/** What was seen, as text. */
export const seenText = (seen: number | undefined): string =>
  seen === undefined ? "not measured" : threeDigits(seen);

/** A line for each target that is missed, with what was asked and what was seen. */
export const missedLines = (judged: readonly Judged[]): readonly string[] =>
  judged
    .filter(({ isMet }) => !isMet)
    .map(({ target, seen }) => `${target.id}: ${target.what}: ${askedOf(target)}, seen ${seenText(seen)}`);

const amount = (value: number): string => value.toLocaleString("en-US");
