import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readAhead } from "#src/domain/read-ahead.ts";

/** Sources that note when they are asked and when they are closed. */
function watched(sources: readonly (readonly number[])[], failing = -1) {
  const asked: number[] = [];
  const closed: number[] = [];
  const reads = sources.map(async function* (items, index) {
    asked.push(index);
    try {
      if (index === failing) throw new Error(`source ${index} is gone`);
      yield* items;
    } finally {
      closed.push(index);
    }
  });
  return { reads, asked, closed };
}

async function collect<T>(items: AsyncIterable<T>, most = Number.POSITIVE_INFINITY): Promise<T[]> {
  const found: T[] = [];
  if (most === 0) return found;
  for await (const item of items) if (found.push(item) === most) break;
  return found;
}

describe("readAhead", () => {
  test("gives all items in order, however far ahead it asks", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.nat())), fc.nat({ max: 5 }), async (sources, ahead) => {
        const { reads, closed } = watched(sources);

        expect(await collect(readAhead(reads, ahead))).toEqual(sources.flat());
        expect(closed).toHaveLength(sources.length);
      }),
    );
  });

  test("asks the next ones while one is read, and no others", async () => {
    const { reads, asked } = watched([[1, 2], [3], [4], [5]]);
    const items = readAhead(reads, 2);

    await items.next();

    expect(asked).toEqual([0, 1, 2]);
    await items.return?.(undefined);
  });

  test("closes what it has asked when its reader stops", async () => {
    const { reads, asked, closed } = watched([[1, 2], [3], [4], [5]]);

    expect(await collect(readAhead(reads, 2), 1)).toEqual([1]);

    expect(closed.toSorted()).toEqual(asked);
  });

  test("throws what a source throws when it is its turn, and closes the others", async () => {
    const { reads, asked, closed } = watched([[1], [2], [3], [4]], 1);
    const found: number[] = [];

    const reading = (async () => {
      for await (const item of readAhead(reads, 3)) found.push(item);
    })();

    await expect(reading).rejects.toThrow("source 1 is gone");
    expect(found).toEqual([1]);
    expect(closed.toSorted()).toEqual(asked);
  });
});
