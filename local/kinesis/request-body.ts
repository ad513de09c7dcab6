import type { Readable } from "node:stream";
import { setTimeout } from "node:timers";

/** How long the rest of a body that is too long is thrown away before it is answered, in ms. */
const DISCARD_MS = 1_000;

/**
 * The whole body, or "too long" when it has more than the given bytes. What is too long is not kept, but read to its end
 * (for a second at most): a client that is still sending does not look at the answer.
 * Rejects when the client goes away.
 */
export function readBody(
  request: Readable,
  declaredBytes: number,
  maxBytes: number,
): Promise<Buffer | "too long"> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let isTooLong = false;
    const discard = () => {
      if (isTooLong) return;
      isTooLong = true;
      chunks.length = 0;
      setTimeout(() => resolve("too long"), DISCARD_MS).unref();
    };
    if (declaredBytes > maxBytes) discard();
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) discard();
      else if (!isTooLong) chunks.push(chunk);
    });
    request.on("end", () => resolve(isTooLong ? "too long" : Buffer.concat(chunks)));
    request.on("error", reject);
    request.on("close", () => reject(new Error(`request ended after ${bytes} bytes`)));
  });
}
