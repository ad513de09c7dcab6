import { expect, test } from "vitest";
import { judge } from "#src/domain/play.ts";
import { aPlay } from "#test/support/builders.ts";

const dayMs = 86_400_000;

test.each([
  [dayMs - 1, dayMs - 1],
  [dayMs, dayMs],
  [dayMs + 1, dayMs],
])("a play of a track of %d ms counts %d ms as listened", (durationMs, listenedMs) => {
  expect(judge(aPlay({ track: { durationMs } })).listenedMs).toBe(listenedMs);
});

test.each([
  [29_999, false],
  [30_000, true],
])("a play of %d ms is qualified: %s", (msPlayed, qualified) => {
  expect(judge(aPlay({ msPlayed })).qualified).toBe(qualified);
});
