import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { type CpuProfile, sharesOf } from "../../../../bench/harness/cpu-profile.ts";

const root = join(import.meta.dirname, "../../../..");
const urlOf = (path: string): string => pathToFileURL(join(root, path)).href;

const node = (id: number, functionName: string, url: string, children: readonly number[] = []) => ({
  ...{ id, callFrame: { functionName, url } },
  children,
});

const profile: CpuProfile = {
  nodes: [
    node(1, "(root)", "", [2, 3, 4, 6]),
    node(2, "(garbage collector)", ""),
    node(3, "(idle)", ""),
    node(4, "parsePlay", urlOf("src/wire/play-codec.ts"), [5]),
    node(5, "send", urlOf("node_modules/@aws-sdk/core/index.js")),
    node(6, "prepare", urlOf("bench/consumer/batches.ts"), [7]),
    node(7, "gzipSync", "node:zlib"),
  ],
  samples: [4, 4, 3, 2, 5, 7, 6],
  timeDeltas: [-5, 40, 1000, 10, 20, 20, 10],
};

test("time is shared out by file and by package; time without work does not count", () => {
  expect(sharesOf([profile], 10)).toEqual([
    { what: "src/wire/play-codec.ts", share: 0.4 },
    { what: "@aws-sdk/core", share: 0.2 },
    { what: "gunzip and gzip", share: 0.2 },
    { what: "garbage collection", share: 0.1 },
    { what: "bench/consumer/batches.ts", share: 0.1 },
  ]);
});

test("what a file does and calls can be left out", () => {
  const shares = sharesOf([profile], 10, "bench/consumer/batches.ts");

  expect(shares.map(({ what }) => what)).toEqual([
    "src/wire/play-codec.ts",
    "@aws-sdk/core",
    "garbage collection",
  ]);
  expect(shares[0]?.share).toBeCloseTo(40 / 70);
});

test("SQLite's native methods are one", () => {
  const sqlite: CpuProfile = {
    nodes: [node(1, "run", ""), node(2, "get", "")],
    samples: [1, 2],
    timeDeltas: [30, 10],
  };

  expect(sharesOf([sqlite], 10)).toEqual([{ what: "SQLite", share: 1 }]);
});

test("the profiles of several threads are one, and small shares are summed up", () => {
  const shares = sharesOf([profile, profile], 1);

  expect(shares.map(({ what }) => what)).toEqual(["src/wire/play-codec.ts", "everything else"]);
  expect(shares[1]?.share).toBeCloseTo(0.6);
});
