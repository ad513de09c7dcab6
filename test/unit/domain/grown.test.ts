import { expect, test } from "vitest";
import { grown, release } from "#src/domain/grown.ts";

test("a longer array has the numbers of the shorter one, then what is empty, and takes its memory", () => {
  for (const Type of [Uint8Array, Int16Array, Int32Array, Uint32Array, Float64Array]) {
    const array = Type.from([1, 2, 3]);
    const longer = grown(array, 5, 7);
    expect(longer).toEqual(Type.from([1, 2, 3, 7, 7]));
    expect(array).toHaveLength(0);
  }
  expect(grown(new Uint32Array(2), 4)).toEqual(new Uint32Array(4));
});

test("what was released has no memory", () => {
  const array = new Float64Array(1000);
  release(array);
  expect(array.buffer.byteLength).toBe(0);
});
