import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256Words } from "#cli/sha256.ts";

function sha256(message: Uint8Array, length = message.length): string {
  const words = new Int32Array(8);
  sha256Words(message, length, words);
  return [...words].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

const expected = (message: Uint8Array): string => createHash("sha256").update(message).digest("hex");

test.each([
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
])("digests the standard's example %j", (text, digest) => {
  expect(sha256(Buffer.from(text))).toBe(digest);
});

test("digests messages of any length around a block's as Node does", () => {
  for (let length = 0; length <= 300; length++) {
    const message = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 0xff);
    expect(sha256(message)).toBe(expected(message));
  }
});

test("digests the first bytes of any message as Node does", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(2000), (message, most) => {
      const length = Math.min(most, message.length);

      expect(sha256(message, length)).toBe(expected(message.subarray(0, length)));
    }),
  );
});
