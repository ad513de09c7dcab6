import { expect, test } from "vitest";
import { runInterleaved } from "../../../../bench/harness/interleaved.ts";

function contestant(name: string, log: string[]) {
  let runs = 0;
  return {
    name,
    run: () => {
      log.push(name);
      runs += 1;
      return Promise.resolve(runs);
    },
  };
}

test("each round has every contestant once, and another one begins", async () => {
  const log: string[] = [];

  await runInterleaved([contestant("a", log), contestant("b", log), contestant("c", log)], {
    warmUp: 1,
    measured: 2,
  });

  expect(log.join("")).toBe("abcbcacab");
});

test("what the warm-up gave is thrown away", async () => {
  const samples = await runInterleaved([contestant("a", []), contestant("b", [])], {
    warmUp: 2,
    measured: 3,
  });

  expect([...samples]).toEqual([
    ["a", [3, 4, 5]],
    ["b", [3, 4, 5]],
  ]);
});

test("each run is told, those of the warm-up too", async () => {
  const told: string[] = [];

  await runInterleaved([contestant("a", [])], { warmUp: 1, measured: 1 }, (name, sample) =>
    told.push(`${name}${sample}`),
  );

  expect(told).toEqual(["a1", "a2"]);
});
