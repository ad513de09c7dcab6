import fc from "fast-check";
import { expect, test } from "vitest";
import { JsonElements } from "#cli/json-elements.ts";

/** The elements of a text that comes in chunks of `size` bytes. */
function elements(text: string, size = 1_000_000): readonly (readonly [number, unknown])[] {
  const bytes = Buffer.from(text);
  const cutter = new JsonElements();
  const found = [];
  for (let at = 0; at < bytes.length; at += size) {
    const chunk = bytes.subarray(at, at + size);
    found.push(...cutter.push(chunk));
    chunk.fill("#"); // as a file's next bytes do
  }
  found.push(...cutter.end(undefined));
  return found.map((element) => [element.line, element.text]);
}

test("the elements of any array are found, however it is laid out and cut", () => {
  const layout = fc.constantFrom(undefined, 1, "\t");
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), layout, fc.integer({ min: 1, max: 40 }), (values, indent, size) => {
      const found = elements(JSON.stringify(values, null, indent), size);

      expect(found.map(([, text]) => JSON.parse(String(text)))).toEqual(JSON.parse(JSON.stringify(values)));
    }),
  );
});

test("values without an array around them are found too", () => {
  expect(elements('{"a":1}\n{"b":"]}"}{"c":2} 7')).toEqual([
    [1, '{"a":1}'],
    [2, '{"b":"]}"}'],
    [2, '{"c":2}'],
    [2, "7"],
  ]);
});

test("an element counts from the line where it starts", () => {
  expect(elements('[\n\n{"a":\n1},\n"x"]')).toEqual([
    [3, '{"a":\n1}'],
    [5, '"x"'],
  ]);
});

test("an element that the file cuts off, or that is too long, is a rejection", () => {
  expect(elements('[{"a":1},{"b"')[1]).toMatchObject([1, { reason: "the file ends inside of it" }]);
  expect(elements(`["${"x".repeat(2 ** 20)}", 1]`, 1000)).toMatchObject([
    [1, { field: "record" }],
    [1, "1"],
  ]);
});
