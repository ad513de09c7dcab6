import fc from "fast-check";
import { expect, test } from "vitest";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { CorruptStoreError } from "#src/domain/errors.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { DayEndings, Minute, Series } from "#src/domain/series.ts";
import { decodeSeries, encodeSeries } from "#src/wire/series-codec.ts";

const count = fc.nat();
const someEpoch = fc.nat() as fc.Arbitrary<EpochNumber>;
const someTime = fc.nat() as fc.Arbitrary<EpochMs>;
const sums = { plays: count, unqualified: count, completes: count, skips: count, listenedMs: count };
const someMinute: fc.Arbitrary<Minute> = fc.record({
  ...{ ...sums, minute: someTime, listeners: count, epoch: someEpoch },
  registers: fc.option(fc.uint8Array({ minLength: 256, maxLength: 256 }), { nil: undefined }),
});
const someDay: fc.Arbitrary<DayEndings> = fc.record({
  ...{ day: someTime, completed: count, skipped: count, neither: count, epoch: someEpoch },
});
const someSeries: fc.Arbitrary<Series> = fc.record({
  minutes: fc.array(someMinute, { maxLength: 60 }),
  day: fc.option(someDay, { nil: undefined }),
});

test("a series comes back as it was", () => {
  fc.assert(
    fc.property(someSeries, (series) => {
      expect(decodeSeries(encodeSeries(series))).toEqual(series);
    }),
  );
});

test("an hour of minutes is small", () => {
  const minute: Minute = {
    ...{ minute: 1_795_176_000_000 as EpochMs, plays: 60_000, unqualified: 5000, completes: 40_000 },
    ...{ skips: 9000, listenedMs: 9_000_000_000, listeners: 50_000, epoch: 1_000_000 as EpochNumber },
    registers: undefined,
  };
  const minutes = Array.from({ length: 60 }, (_, i) =>
    i < 55 ? minute : { ...minute, registers: new Uint8Array(256).fill(20) },
  );

  expect(encodeSeries({ minutes, day: undefined }).length).toBeLessThan(8 * 1024);
});

test.each([
  "",
  "{}",
  '{"minutes":[[1,2,3]],"day":null}',
  '{"minutes":[[1,1,1,1,1,1,1,1,"AA=="]],"day":null}',
  '{"minutes":[[1,1,1,1,1,1,1,1,"no base64!"]],"day":null}',
  '{"minutes":[[1,-1,1,1,1,1,1,1]],"day":null}',
  '{"minutes":[],"day":[1,2]}',
])("the body %j is a corrupt store that names the key", (body) => {
  expect(() => decodeSeries(body)).toThrow(CorruptStoreError);
  expect(() => decodeSeries(body)).toThrow("publication SERIES does not decode");
});
