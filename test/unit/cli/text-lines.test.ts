import fc from "fast-check";
import { expect, test } from "vitest";
import { type ByteLines, byteLines, maxLineBytes } from "#cli/text-lines.ts";

/** The chunks, read into the same bytes one after the other, as a file is. */
async function* overwritten(chunks: readonly string[]): AsyncGenerator<Buffer> {
  const buffer = Buffer.alloc(Math.max(1, ...chunks.map((chunk) => Buffer.byteLength(chunk))));
  for (const chunk of chunks) {
    await Promise.resolve();
    const written = buffer.fill("#").write(chunk);
    yield buffer.subarray(0, written);
  }
}

/** What was cut, as texts; a rejection is its reason. */
async function linesOf(chunks: readonly string[], failure?: string): Promise<readonly string[]> {
  const lines: string[] = [];
  const rejection = failure === undefined ? undefined : { field: "record", reason: failure };
  const textOf = (block: ByteLines) => (Buffer.isBuffer(block) ? block.toString() : block.reason);
  for await (const block of byteLines(overwritten(chunks), () => rejection))
    lines.push(...textOf(block).split("\n"));
  return lines;
}

test("lines are what stands between line ends, however the bytes come and though each chunk is overwritten", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: fc.constantFrom("a", "é", "\n"), maxLength: 9 })),
      async (chunks) => {
        const text = chunks.join("");
        expect(await linesOf(chunks)).toEqual(text === "" ? [] : text.replace(/\n$/, "").split("\n"));
      },
    ),
  );
});

test("a line that is too long is one rejection, and the lines around it are there", async () => {
  const long = "x".repeat(300_000);
  const reason = `longer than ${maxLineBytes} bytes`;
  expect(await linesOf(["a\nb", long, long, long, long, "\nc\nd", "e\n"])).toEqual(["a", reason, "c", "de"]);
  expect(await linesOf(["a\n", long, long, long, long, `y\nc${"z".repeat(500_000)}`, "!\n"])).toEqual([
    "a",
    reason,
    `c${"z".repeat(500_000)}!`,
  ]);
  expect(await linesOf(["a\n", long, long, long, long])).toEqual(["a", reason]);
});

test("where the bytes end early, that stands for the line on which they do", async () => {
  expect(await linesOf(["a\nb"], "broken gzip")).toEqual(["a", "broken gzip"]);
});
