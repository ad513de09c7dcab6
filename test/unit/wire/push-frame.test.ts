import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeFrame, packFrames } from "#src/wire/push-frame.ts";
import { maxFrameBytes } from "#src/wire/push-limits.ts";

const aMessage = (padding: string) => ({ type: "error", reason: "bad_json", message: padding });
const encoded = (padding: string): string => JSON.stringify(aMessage(padding));

describe("packFrames", () => {
  test("sends a message that is alone as it is, and several as an array", () => {
    expect(packFrames([encoded("a")])).toEqual([
      { text: encoded("a"), bytes: encoded("a").length, messages: 1 },
    ]);
    expect(packFrames([encoded("a"), encoded("b")])).toMatchObject([
      { text: `[${encoded("a")},${encoded("b")}]`, messages: 2 },
    ]);
    expect(packFrames([])).toEqual([]);
  });

  test("loses nothing, keeps the order, and no frame is over its limit or could have taken the next message", () => {
    const paddings = fc.array(fc.tuple(fc.constantFrom("x", "é", "🎵"), fc.integer({ min: 0, max: 7_500 })));
    fc.assert(
      fc.property(paddings, (sizes) => {
        const messages = sizes.map(([character, length]) => character.repeat(length));

        const frames = packFrames(messages.map(encoded));

        expect(frames.flatMap(({ text }) => decodeFrame(text))).toEqual(messages.map(aMessage));
        let next = 0;
        for (const { text, bytes, messages: count } of frames) {
          next += count;
          expect(bytes).toBe(Buffer.byteLength(text));
          expect(bytes).toBeLessThanOrEqual(maxFrameBytes);
          const following = messages[next];
          const withNext = bytes + 3 + Buffer.byteLength(following === undefined ? "" : encoded(following));
          if (following !== undefined) expect(withNext).toBeGreaterThan(maxFrameBytes - 1);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("decodeFrame", () => {
  test("takes a message that is alone, and leaves out what is none", () => {
    expect(decodeFrame(encoded("a"))).toEqual([aMessage("a")]);
    expect(decodeFrame(`[{"type":"novelty"},${encoded("b")},7]`)).toEqual([aMessage("b")]);
    expect(decodeFrame("Internal server error")).toEqual([]);
  });
});
