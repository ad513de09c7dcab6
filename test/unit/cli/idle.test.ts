import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { whileWaiting } from "#cli/idle.ts";

test("says that nothing comes, once for each wait, and loses nothing", async () => {
  const seen: (number | string)[] = [];
  async function* slow(): AsyncGenerator<number> {
    yield 1;
    yield 2;
    await sleep(60);
    yield 3;
  }
  const onIdle = (): Promise<void> => Promise.resolve(void seen.push("idle"));

  for await (const item of whileWaiting(slow(), 20, onIdle)) seen.push(item);

  expect(seen).toEqual([1, 2, "idle", 3]);
});

test("passes an error on", async () => {
  // biome-ignore lint/correctness/useYield: the error is all there is
  async function* broken(): AsyncGenerator<number> {
    await sleep(0);
    throw new Error("no more");
  }

  const items = whileWaiting(broken(), 1000, () => Promise.resolve());

  await expect(items.next()).rejects.toThrow("no more");
});
