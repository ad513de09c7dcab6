import { describe, expect, test } from "vitest";
import { itemBytes, refusedWriteUnits } from "../../../bench/cost/item-size.ts";
import {
  onDemandDollars,
  onDemandShardsOf,
  provisionedDollars,
  provisionedShards,
} from "../../../bench/cost/kinesis.ts";
import { kb, unitsOf } from "../../../bench/cost/prices.ts";

const aLoad = { rate: 1000, playsPerRecord: 1, recordBytes: 500 };

describe("units", () => {
  test.each([
    [1, 1],
    [25 * kb, 1],
    [25 * kb + 1, 2],
    [0, 1],
  ])("a record of %i bytes takes %i PUT units of 25 KB", (bytes, expected) => {
    expect(unitsOf(bytes, 25 * kb)).toBe(expected);
  });

  test("an item is as large as its names and values", () => {
    const item = { pk: "é", n: 1234, long: -100n, body: new Uint8Array(10), flag: true };

    expect(itemBytes(item)).toBe(2 + 2 + (1 + 3) + (4 + 3) + (4 + 10) + (4 + 1));
  });

  test("an item as the service sends it is as large as a plain one", () => {
    const typed = {
      pk: { S: "abc" },
      n: { N: "1234" },
      body: { B: new Uint8Array(10) },
      flag: { BOOL: true },
    };

    expect(itemBytes(typed)).toBe(itemBytes({ pk: "abc", n: 1234, body: new Uint8Array(10), flag: true }));
  });

  test("a refused write costs what the larger item is, rounded up to a KB", () => {
    const stored = { pk: "a", body: new Uint8Array(3000) };

    expect(refusedWriteUnits({ pk: "a" }, stored)).toBe(3);
    expect(refusedWriteUnits({ pk: "a" }, {})).toBe(1);
  });
});

describe("Kinesis", () => {
  test("shards are needed by records or by bytes, with some to spare", () => {
    expect(provisionedShards({ ...aLoad, rate: 10 })).toBe(1);
    expect(provisionedShards({ ...aLoad, rate: 16_000 })).toBe(20);
    expect(provisionedShards({ rate: 16_000, playsPerRecord: 80, recordBytes: 12_000 })).toBe(3);
  });

  test("an on-demand stream has at least four shards, and twice what is needed", () => {
    expect(onDemandShardsOf(aLoad)).toBe(4);
    expect(onDemandShardsOf({ ...aLoad, rate: 16_000 })).toBe(32);
  });

  test("a million single plays take a million PUT units and their time in shard hours", () => {
    const hours = 1000 / 3600;

    expect(provisionedDollars(aLoad)).toBeCloseTo(0.014 + 2 * hours * (0.015 + 0.02), 10);
  });

  test("an on-demand record is rounded up to 1 KB on its way in, and not on its way out", () => {
    const small = onDemandDollars({ ...aLoad, recordBytes: 1 });
    const rounded = onDemandDollars({ ...aLoad, recordBytes: kb });
    const out = (1_000_000 * (kb - 1) * 0.04) / 1024 ** 3;

    expect(rounded - small).toBeCloseTo(out, 10);
  });

  test("blocks make a million plays cheaper", () => {
    const blocks = { rate: 1000, playsPerRecord: 80, recordBytes: 12_000 };

    expect(onDemandDollars(blocks)).toBeLessThan(onDemandDollars(aLoad));
    expect(provisionedDollars(blocks)).toBeLessThan(provisionedDollars(aLoad));
  });
});
