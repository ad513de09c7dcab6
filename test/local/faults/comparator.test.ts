import { expect, test } from "vitest";
import { compareDesigns, ourDesign } from "./comparator/comparison.ts";
import { largeRun } from "./harness.ts";
import { faultSeed, faultTimeoutMs } from "./settings.ts";

test("the usual designs count wrong where Earworm does not", { timeout: faultTimeoutMs }, async () => {
  const errors = await compareDesigns({ runs: 30, seed: faultSeed, size: largeRun });

  for (const { design, deliveredTooMany, deliveredTooFew, tooMany, tooFew } of errors) {
    if (design === ourDesign) expect([tooMany, tooFew], design).toEqual([0, 0]);
    else expect(deliveredTooMany + deliveredTooFew, design).toBeGreaterThan(0);
  }
});
