import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { largeRun, playScenario, Tally } from "./harness.ts";
import { harmless, type Mutant, mutants } from "./mutants.ts";
import { someScenario } from "./scenario.ts";
import { faultTimeoutMs } from "./settings.ts";

const mostRuns = 400;
const harmlessRuns = 150;
const seed = 1;

/** Plays scenarios until one shows an error. */
const firstError = async (mutant: Mutant, numRuns: number): Promise<boolean> => {
  const property = fc.asyncProperty(someScenario(largeRun), async (scenario) => {
    const wrong = await playScenario(scenario, { ...mutant, tally: new Tally() });
    return wrong.length === 0;
  });
  const { failed } = await fc.check(property, { numRuns, seed, endOnFailure: true });
  return failed;
};

describe("the harness bites", { timeout: faultTimeoutMs }, () => {
  test.each(Object.entries(mutants))("where an invariant is broken: %s", async (_, mutant) => {
    expect(await firstError(mutant, mostRuns)).toBe(true);
  });

  test.each(Object.entries(harmless))("and nothing depends on %s", async (_, mutant) => {
    expect(await firstError(mutant, harmlessRuns)).toBe(false);
  });
});
