import { expect, test } from "vitest";
import { counted, ProgressBar, progressLine } from "#cli/progress.ts";

const terminal = (isTTY: boolean) => {
  const written: string[] = [];
  return { isTTY, columns: 40, written, write: (text: string) => written.push(text) };
};

test("a line says how far, how many and how fast", () => {
  expect(progressLine({ done: 50, total: 200, plays: 12_000 }, 2000)).toBe(
    "██████░░░░░░░░░░░░░░░░░░ 25 %  12,000 plays, 6,000/s",
  );
  expect(progressLine({ done: 50, total: undefined, plays: 3 }, 0)).toBe("3 plays, 0/s");
});

test("a number of things is one of it, or several", () => {
  expect([0, 1, 2, 1000].map((count) => counted(count, "line"))).toEqual([
    "0 lines",
    "1 line",
    "2 lines",
    "1,000 lines",
  ]);
});

test("the bar draws at most ten times a second, and goes when it is cleared", () => {
  const screen = terminal(true);
  let now = 0;
  const bar = new ProgressBar(screen, () => now);

  for (; now < 1000; now += 10) bar.update({ done: now, total: 1000, plays: now });
  bar.clear();

  expect(screen.written).toHaveLength(11);
  expect(screen.written.every((text) => text.length < 50)).toBe(true);
  expect(screen.written.at(-1)).toBe("\r\u001b[2K");
});

test("nothing is drawn where nobody watches", () => {
  const pipe = terminal(false);
  const bar = new ProgressBar(pipe);

  bar.update({ done: 1, total: 2, plays: 1 });
  bar.clear();

  expect(pipe.written).toEqual([]);
});
