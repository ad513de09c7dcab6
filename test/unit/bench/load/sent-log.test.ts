import { expect, test } from "vitest";
import type { DueSend } from "#bench/load/rate-profile.ts";
import { SentLog } from "#bench/load/sent-log.ts";

const sendOf = (atMs: number, plays: number): DueSend => ({ atMs, plays, playsSoFar: 0 });

test("a count of plays passes the sends that it holds whole, oldest first", () => {
  const log = new SentLog();
  const cursor = log.follow();
  const passed: number[][] = [];
  for (const [atMs, plays] of [
    [10, 2],
    [20, 3],
    [30, 1],
  ] as const)
    log.add(sendOf(atMs, plays));

  cursor.advanceTo(4, (atMs, plays) => passed.push([atMs, plays]));
  expect(passed).toEqual([[10, 2]]);
  expect(cursor.oldestAtMs).toBe(20);

  cursor.advanceTo(6, (atMs, plays) => passed.push([atMs, plays]));
  expect(passed).toEqual([
    [10, 2],
    [20, 3],
    [30, 1],
  ]);
  expect(cursor.oldestAtMs).toBeUndefined();
});

test("what was refused is not waited for", () => {
  const log = new SentLog();
  const cursor = log.follow();
  const sends = [sendOf(10, 2), sendOf(20, 3), sendOf(30, 1)] as const;
  for (const send of sends) log.add(send);

  log.settle(sends[0], true);
  log.settle(sends[1], false);
  const passed: number[] = [];
  cursor.advanceTo(3, (atMs) => passed.push(atMs));

  expect(log.plays).toBe(3);
  expect(passed).toEqual([10, 30]);
});
