import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ConsoleLogger } from "#local/console-logger.ts";

let lines: string[] = [];

beforeEach(() => {
  lines = [];
  vi.useFakeTimers({ toFake: ["performance", "Date"] });
  vi.spyOn(process.stderr, "write").mockImplementation((line) => {
    lines.push(String(line).replace(/^\S+ /, "").trimEnd());
    return true;
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("an error that goes on is printed once in 10 s, with how often it came in between", () => {
  const logger = new ConsoleLogger("warn");
  const fail = (bytes: number) =>
    logger.error("a request failed", { reason: `no space for ${bytes} bytes`, bytes });

  for (const bytes of [1, 20, 300]) fail(bytes);
  vi.advanceTimersByTime(9_999);
  fail(4);
  vi.advanceTimersByTime(1);
  fail(5);
  vi.advanceTimersByTime(10_000);
  fail(6);

  expect(lines).toEqual([
    'error a request failed {"reason":"no space for 1 bytes","bytes":1}',
    'error a request failed {"reason":"no space for 5 bytes","bytes":5,"repeats":3}',
    'error a request failed {"reason":"no space for 6 bytes","bytes":6}',
  ]);
});

test("errors of other kinds or for other reasons, and warnings, are all printed", () => {
  const logger = new ConsoleLogger("warn");

  for (const what of ["a", "b"]) for (const reason of ["x", "y"]) logger.error(`${what} failed`, { reason });
  for (let i = 0; i < 2; i++) logger.warn("records were rejected", { reason: "x" });

  expect(lines).toHaveLength(6);
});
