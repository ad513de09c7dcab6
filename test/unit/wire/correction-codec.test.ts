import fc from "fast-check";
import { expect, test } from "vitest";
import type { Correction } from "#src/domain/correction.ts";
import type { CounterKey } from "#src/domain/counter.ts";
import type { EpochNumber, EpochRecord } from "#src/domain/epoch.ts";
import { CorruptStoreError, StaleEpochError } from "#src/domain/errors.ts";
import type { UserId } from "#src/domain/play.ts";
import type { RejectId } from "#src/domain/reject.ts";
import { noTotals } from "#src/domain/totals.ts";
import type { WindowId } from "#src/domain/windows.ts";
import { encodeCorrection, noCorrection, readCorrection } from "#src/wire/correction-codec.ts";
import { someTotals } from "#test/support/arbitraries.ts";

const record = { epoch: 5, correction: 7 } as EpochRecord;
const published = (body: string, epoch = 7) => ({ epoch: epoch as EpochNumber, body });

const someCorrection: fc.Arbitrary<Correction> = fc.record({
  userId: fc.string({ minLength: 1 }) as fc.Arbitrary<UserId>,
  counters: fc.array(fc.record({ key: fc.string() as fc.Arbitrary<CounterKey>, totals: someTotals })),
  windows: fc.array(fc.constantFrom("h.2026112014", "x.20261120", "y.20261103") as fc.Arbitrary<WindowId>),
  rejects: fc.array(fc.string() as fc.Arbitrary<RejectId>),
});

test("a correction comes back as it was written, without sketches of listeners", () => {
  fc.assert(
    fc.property(someCorrection, (correction) => {
      const counters = correction.counters.map(({ key, totals }) => {
        return { key, totals: { ...totals, listeners: new Map() } };
      });

      const read = readCorrection(record, published(encodeCorrection(correction)));

      expect(read).toEqual({ ...correction, counters });
    }),
  );
});

test("one that an earlier Earworm wrote, before it knew of tenths, can be applied", () => {
  const body = '{"user_id":"U","counters":[["k",[1,0,5,0,0,0,0],null,null,[],[]]],"windows":[],"rejects":[]}';

  const { counters } = readCorrection(record, published(body));

  expect(counters).toEqual([{ key: "k", totals: { ...noTotals, plays: 1, listenedMs: 5 } }]);
});

test.each([
  ["nothing", undefined],
  ["version 6", published(noCorrection, 6)],
])("an epoch that finds %s in the place of its correction says so", (found, stored) => {
  expect(() => readCorrection(record, stored)).toThrow(
    new CorruptStoreError(`epoch 5 applies version 7 of the correction, found ${found}`),
  );
});

test("an epoch that finds a later version is committed by now", () => {
  expect(() => readCorrection(record, published(noCorrection, 8))).toThrow(StaleEpochError);
});

test.each([
  ["that was cleared", noCorrection],
  [
    "with a sum below 0",
    '{"user_id":"U","counters":[["k",[-1,0,0,0,0,0,0],null,null,[],[],[]]],"windows":[],"rejects":[]}',
  ],
  ["with half a counter", '{"user_id":"U","counters":[["k"]],"windows":[],"rejects":[]}'],
  ["cut off", '{"user_id":"U","counters":['],
])("one %s is corrupt", (_, body) => {
  expect(() => readCorrection(record, published(body))).toThrow(CorruptStoreError);
});
