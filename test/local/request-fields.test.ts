import fc from "fast-check";
import { expect, test } from "vitest";
import { requiredBytes } from "#local/kinesis/request-fields.ts";

const decode = (text: string): Buffer | "refused" => {
  try {
    return requiredBytes({ Data: text }, "Data");
  } catch {
    return "refused";
  }
};

/** Base64 with padding, as the definition goes. */
const isBase64 = (text: string): boolean => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);

test("bytes come back from their base64", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(decode(Buffer.from(bytes).toString("base64"))).toEqual(Buffer.from(bytes));
    }),
  );
});

test("what is not base64 is refused, and nothing else", () => {
  const nearlyBase64 = fc
    .array(fc.constantFrom(..."AAAABbz09+/=-_ \n\t.é☃"), { maxLength: 12 })
    .map((characters) => characters.join(""));
  fc.assert(
    fc.property(nearlyBase64, (text) => {
      expect(decode(text) !== "refused").toBe(isBase64(text));
    }),
    { numRuns: 20_000 },
  );
});
