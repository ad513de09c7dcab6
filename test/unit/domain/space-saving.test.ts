import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exactCounts, SpaceSaving, type SpaceSavingState } from "#src/domain/space-saving.ts";

interface Arrival {
  readonly id: string;
  readonly count: number;
}

/** Few ids that come often, and many that come seldom; surrogates, whose UTF-8 order is not that of `<`. */
const someId = fc.oneof(
  fc.constantFrom("a", "b", "c", "😀", "\ue000"),
  fc.nat({ max: 60 }).map((n) => `id${n}`),
);
const someStream = fc.array(fc.record({ id: someId, count: fc.integer({ min: 1, max: 9 }) }), {
  maxLength: 120,
});
const someCapacity = fc.integer({ min: 1, max: 12 });

function counted(capacity: number, stream: readonly Arrival[], state?: SpaceSavingState<string>) {
  const counts = new SpaceSaving<string>(capacity, state);
  for (const { id, count } of stream) counts.add(id, count, `label of ${id}`);
  return counts;
}

function truth(stream: readonly Arrival[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const { id, count } of stream) times.set(id, (times.get(id) ?? 0) + count);
  return times;
}

const sum = (stream: readonly Arrival[]): number => stream.reduce((total, { count }) => total + count, 0);

/** @param before how often ids may have come that were not counted */
function expectBounds(
  { total, floor, monitored }: SpaceSavingState<string>,
  stream: readonly Arrival[],
  capacity: number,
  before = 0,
): void {
  const times = truth(stream);
  expect(total).toBe(sum(stream));
  expect(floor).toBeGreaterThanOrEqual(before);
  expect(floor).toBeLessThanOrEqual(before + total / capacity);
  expect(monitored.length).toBeLessThanOrEqual(capacity);
  for (const { id, label, count, error } of monitored) {
    const came = times.get(id) ?? 0;
    expect(label).toBe(`label of ${id}`);
    expect(count - error).toBeLessThanOrEqual(came);
    expect(came).toBeLessThanOrEqual(count);
    expect(error).toBeLessThanOrEqual(floor);
    expect(count).toBeGreaterThanOrEqual(floor);
    times.delete(id);
  }
  for (const came of times.values()) expect(came).toBeLessThanOrEqual(floor);
  const places = monitored.map(({ count }) => count);
  expect(places).toEqual([...places].sort((a, b) => b - a));
}

describe("Space-Saving", () => {
  test("keeps its bounds for every stream, and whoever came more often than total / capacity has a counter", () => {
    fc.assert(
      fc.property(someCapacity, someStream, (capacity, stream) => {
        const { monitored, ...state } = counted(capacity, stream).state();

        expectBounds({ ...state, monitored }, stream, capacity);
        const ids = monitored.map(({ id }) => id);
        for (const [id, came] of truth(stream)) if (came > sum(stream) / capacity) expect(ids).toContain(id);
      }),
      { numRuns: 1000 },
    );
  });

  test("is exact while there is room", () => {
    fc.assert(
      fc.property(someStream, (stream) => {
        const { floor, monitored } = counted(70, stream).state();

        expect(floor).toBe(0);
        expect(new Map(monitored.map(({ id, count }) => [id, count]))).toEqual(truth(stream));
        expect(monitored.every(({ error }) => error === 0)).toBe(true);
      }),
    );
  });

  test("that starts late counts what it may have missed as an error", () => {
    fc.assert(
      fc.property(someCapacity, someStream, fc.nat({ max: 20 }), (capacity, stream, missed) => {
        const late = counted(capacity, stream, { total: 0, floor: missed, monitored: [] });

        expectBounds(late.state(), stream, capacity, missed);
        for (const { count, error } of late.state().monitored) {
          expect(error).toBeGreaterThanOrEqual(missed);
          expect(count).toBeGreaterThan(missed);
        }
      }),
    );
  });

  test("keeps the bounds of all parts together, however they are cut and resumed", () => {
    fc.assert(
      fc.property(someCapacity, fc.array(someStream, { minLength: 1, maxLength: 6 }), (capacity, parts) => {
        let all = new SpaceSaving<string>(capacity);
        for (const part of parts) {
          all.addCounts(exactCounts(truth(part), (id) => `label of ${id}`));
          all = new SpaceSaving(capacity, all.state());
        }

        const stream = parts.flat();
        expectBounds(all.state(), stream, capacity);
        const [first = []] = parts;
        for (const { id, count } of first) all.add(id, count, `label of ${id}`);
        expectBounds(all.state(), [...stream, ...first], capacity);
      }),
      { numRuns: 1000 },
    );
  });

  test("of equals lets the less certain go first, then the last by UTF-8 bytes", () => {
    const counts = new SpaceSaving<undefined>(2);
    for (const id of ["😀", "\ue000"]) counts.add(id, 2, undefined);

    counts.add("x", 1, undefined);

    expect(counts.state()).toEqual({
      ...{ total: 5, floor: 2 },
      monitored: [
        { id: "x", label: undefined, count: 3, error: 2 },
        { id: "\ue000", label: undefined, count: 2, error: 0 },
      ],
    });
    counts.add("\ue000", 1, undefined);
    counts.add("y", 1, undefined);
    expect(counts.state().monitored.map(({ id }) => id)).toEqual(["y", "\ue000"]);
  });

  test("keeps the label with which an id got its counter", () => {
    const counts = new SpaceSaving<string>(2);
    counts.add("a", 1, "first");
    counts.add("a", 1, "second");

    counts.addCounts(exactCounts(new Map([["a", 5]]), () => "third"));

    expect(counts.state().monitored).toEqual([{ id: "a", label: "first", count: 7, error: 0 }]);
  });
});
