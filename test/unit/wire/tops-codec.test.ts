import { describe, expect, test } from "vitest";
import { DimensionTops } from "#src/domain/dimension-tops.ts";
import { CorruptStoreError } from "#src/domain/errors.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { exactCounts } from "#src/domain/space-saving.ts";
import { decodeTops, encodeTops, topsKey } from "#src/wire/tops-codec.ts";

const key = topsKey("genre");

function someTops(values: number, songs: number): DimensionTops {
  const tops = new DimensionTops();
  for (let value = 0; value < values; value++) {
    const times = new Map<string, number>();
    for (let i = 0; i < songs; i++) times.set(`S${i}`, 1 + ((i * 7 + value) % 5));
    const counts = exactCounts(times, (id) => ({ title: `"t${id.slice(1)}`, artist: "ä" }));
    tops.add(new Map([[`genre ${value}`, counts]]));
  }
  return tops;
}

describe("tops codec", () => {
  test.each([
    [0, 0],
    [1, 1],
    [60, 80],
  ])("%d values of %d songs survive the round trip", (values, songs) => {
    const document = {
      day: 86_400_000 as EpochMs,
      since: 5 as EpochMs,
      now: 86_400_007 as EpochMs,
      tops: someTops(values, songs).state(),
    };

    expect(decodeTops(key, encodeTops(document))).toEqual(document);
    const whole = { ...document, since: undefined };
    expect(decodeTops(key, encodeTops(whole))).toEqual(whole);
  });

  test.each([
    ["no JSON", "{"],
    ["values that are no array", '{"day":0,"since":null,"now":0,"total":0,"floor":0,"values":{}}'],
    [
      "a count below 0",
      '{"day":0,"since":null,"now":0,"total":0,"floor":0,"values":[["Rock",1,0,1,0,[["S1","","",-1,0]]]]}',
    ],
    ["no floor", '{"day":0,"since":null,"now":0,"total":0,"values":[]}'],
  ])("a body with %s is a corrupt store that names the key", (_, body) => {
    expect(() => decodeTops(key, body)).toThrow(CorruptStoreError);
    expect(() => decodeTops(key, body)).toThrow("publication TOPS#genre does not decode");
  });
});
