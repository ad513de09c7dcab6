import { expect, test } from "vitest";
import { HdrHistogram } from "#bench/load/hdr-histogram.ts";
import { OpenLoop, type OpenLoopOptions, type SendOutcome } from "#bench/load/open-loop.ts";
import { type DueSend, scheduleOf, stretchesOf } from "#bench/load/rate-profile.ts";
import { VirtualTime } from "./virtual-time.ts";

interface Told {
  readonly outcome: SendOutcome;
  readonly atMs: number;
  readonly delayMs: number;
}

type Answer = (send: DueSend, time: VirtualTime) => Promise<void>;

/** Runs ten sends a second for so long against a target that answers as it is told. */
async function run(seconds: number, answer: Answer, more: Partial<OpenLoopOptions> = {}) {
  const time = new VirtualTime();
  const told: Told[] = [];
  const sentAt: number[] = [];
  const loop = new OpenLoop({
    schedule: scheduleOf(stretchesOf("soak", 10, seconds * 1000)),
    connections: 1000,
    maxOutstanding: 1000,
    clock: time,
    send: (send) => answer(send, time),
    onSend: () => sentAt.push(time.now()),
    onOutcome: (outcome, { atMs }, delayMs) => told.push({ outcome, atMs, delayMs }),
    ...more,
  });
  await time.until(loop.run());
  return { told, sentAt, endedAt: time.now() };
}

const within =
  (ms: number): Answer =>
  (_, time) =>
    time.sleep(ms);

/** Answers in 1 ms, but stands still in [2 s, 5 s). */
const stalling: Answer = async (_, time) => {
  await time.sleep(1);
  if (time.now() >= 2000 && time.now() < 5000) await time.sleep(5000 - time.now());
};

test("sends go out when they are due, however long the answers take", async () => {
  const { sentAt } = await run(2, within(30_000));

  expect(sentAt).toEqual(Array.from({ length: 20 }, (_, i) => 100 * (i + 1)));
});

test("a delay is what the target takes", async () => {
  const { told } = await run(2, within(7));

  expect(new Set(told.map(({ delayMs }) => delayMs))).toEqual(new Set([7]));
});

test("a target that stands still for three seconds shows in every play that was due meanwhile", async () => {
  const { told } = await run(10, stalling, { connections: 1 });

  const delays = new HdrHistogram();
  for (const { delayMs } of told) delays.add(delayMs);
  // A third of the plays waited, 0 to 3 s: a closed loop would have seen one long answer in 71.
  expect(told.filter(({ delayMs }) => delayMs > 10)).toHaveLength(31);
  expect(delays.percentile(0.5)).toBeLessThan(2);
  expect(delays.percentile(0.9)).toBeGreaterThan(2000);
  expect(delays.longestMs).toBeGreaterThan(2990);
});

test("the rate is kept after the target stood still: nothing is made up for later, nothing left out", async () => {
  const { told, endedAt } = await run(10, stalling, { connections: 1 });

  expect(told).toHaveLength(100);
  expect(endedAt).toBeLessThan(10_010);
});

test("as many requests are under way as there are connections; the others wait, and that is in their delay", async () => {
  let underWay = 0;
  let most = 0;
  const { told } = await run(
    2,
    async (_, time) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await time.sleep(250);
      underWay -= 1;
    },
    { connections: 2 },
  );

  expect(most).toBe(2);
  expect(told.at(-1)?.delayMs).toBe(700);
});

test("what is due while as many wait as may is dropped, at once and by name", async () => {
  const { told } = await run(2, within(30_000), { maxOutstanding: 5 });

  const kinds = told.map(({ outcome }) => outcome.kind);
  expect(kinds.filter((kind) => kind === "dropped")).toHaveLength(15);
  expect(kinds.filter((kind) => kind === "acknowledged")).toHaveLength(5);
  expect(told.filter(({ outcome }) => outcome.kind === "dropped").every(({ delayMs }) => delayMs === 0)).toBe(
    true,
  );
});

test("what the target refuses is an error with its reason, and the load goes on", async () => {
  const { told } = await run(1, async (send, time) => {
    await time.sleep(1);
    if (send.playsSoFar % 2 === 0) throw new TypeError("no");
  });

  expect(told.map(({ outcome }) => outcome.kind)).toEqual(Array(5).fill(["acknowledged", "failed"]).flat());
  expect(told[1]?.outcome).toEqual({ kind: "failed", reason: "TypeError: no" });
});
