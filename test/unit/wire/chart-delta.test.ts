import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Candidate, type Chart, chartSize, draftChart } from "#src/domain/chart.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { allTime, currentWindows, dayMs } from "#src/domain/windows.ts";
import {
  applyChange,
  decodeDeltaRecord,
  deltaKey,
  deltaRingSize,
  diffCharts,
  encodeDeltaRecord,
} from "#src/wire/chart-delta.ts";
import { viewShown } from "#src/wire/chart-view.ts";
import { maxSnapshotEntries } from "#src/wire/push-limits.ts";
import { aMoment } from "#test/support/arbitraries.ts";

interface Growth {
  readonly id: number;
  readonly plays: number;
  readonly earlier: number;
}

/** Names so long that a frame holds some forty of them. */
const longName = (id: number) => `${"é".repeat(360)}${id}`;

/** The versions of a chart of `songs` songs, as epochs of growth make them. */
function versionsOf(epochs: readonly (readonly Growth[])[], titleOf: (id: number) => string): Chart[] {
  const totals = new Map<number, Candidate>();
  const versions: Chart[] = [];
  let chart: Chart | undefined;
  for (const [index, changes] of epochs.entries()) {
    const draft = draftChart("songs", allTime, chart);
    for (const { id, plays, earlier } of changes) {
      const before = totals.get(id);
      const next: Candidate = {
        id: `S${id}`,
        title: titleOf(id),
        artist: "Coldplay",
        score: (before?.score ?? 0n) + BigInt(plays),
        plays: (before?.plays ?? 0) + plays,
        listenedMs: (before?.listenedMs ?? 0) + plays * 1000,
        firstPlayedAt: ((before?.firstPlayedAt ?? aMoment) - earlier) as EpochMs,
      };
      totals.set(id, next);
      draft.update.offer(next);
    }
    const next = draft.finish((index + 1) as EpochNumber);
    if (next === undefined) continue;
    versions.push(next);
    chart = next;
  }
  return versions;
}

const someEpochs = (songs: number, perEpoch: number) =>
  fc.array(
    fc.array(
      fc.record({
        id: fc.integer({ min: 0, max: songs }),
        plays: fc.integer({ min: 0, max: 4 }),
        earlier: fc.integer({ min: 0, max: 3 }),
      }),
      { maxLength: perEpoch },
    ),
    { minLength: 2, maxLength: 12 },
  );

/** One play more for each song than for the next. */
const everybody = (songs: number): Growth[] =>
  Array.from({ length: songs }, (_, id) => ({ id, plays: songs - id, earlier: 0 }));

/** The same growth, of the last songs only; every other one overtakes all others. */
const atTheEdges = (songs: number) => (epoch: readonly Growth[]) =>
  epoch.map(({ id, plays, earlier }) => {
    const last = songs - 1 - (id % 40);
    return { id: last, plays: plays === 4 ? songs : plays, earlier };
  });

describe("a client that holds one version and gets what changed", () => {
  test.each([
    ["a short chart", 12, 8, String],
    ["more songs than a snapshot shows", 3 * maxSnapshotEntries, 150, String],
    ["names that fill the frame before", 80, 40, longName],
    ["who leaves the chart and comes back", chartSize + 20, 60, String],
  ])(
    "holds what a snapshot would show: %s",
    (_what, songs, perEpoch, titleOf) => {
      fc.assert(
        fc.property(someEpochs(songs, perEpoch), (epochs) => {
          // Only a full chart loses entries; who changes in it is then mostly among the first or the last.
          const full = songs > chartSize ? [everybody(songs), ...epochs.map(atTheEdges(songs))] : epochs;
          const [first, ...others] = versionsOf(full, titleOf);
          if (first === undefined) return;
          let held: readonly unknown[] | undefined = viewShown(first, "all");
          let before = first;
          for (const after of others) {
            const record = diffCharts(before, after);
            const stored = decodeDeltaRecord(deltaKey("songs", "all", after.seq), encodeDeltaRecord(record));
            held = applyChange(held as Parameters<typeof applyChange>[0], stored);
            expect(held).toEqual(viewShown(after, "all"));
            before = after;
          }
        }),
        { numRuns: songs > chartSize ? 15 : 40 },
      );
    },
    30_000,
  );

  test("is told if the change belongs to another version", () => {
    const [first, second] = versionsOf(
      [
        [
          { id: 1, plays: 2, earlier: 0 },
          { id: 2, plays: 1, earlier: 0 },
        ],
        [{ id: 2, plays: 5, earlier: 0 }],
      ],
      String,
    );
    if (first === undefined || second === undefined) throw new Error("no versions");
    const change = diffCharts(first, second);

    expect(applyChange([], change)).toBeUndefined();
    expect(applyChange([], { ...change, update: [], leave: ["S1"] })).toBeUndefined();
  });
});

test("a song that is played again is one short update, whoever else moves", () => {
  const growth = Array.from({ length: 200 }, (_, id) => ({ id, plays: 400 - id, earlier: 0 }));
  const [first, second] = versionsOf([growth, [{ id: 90, plays: 100, earlier: 0 }]], String);
  if (first === undefined || second === undefined) throw new Error("no versions");

  const { leave, enter, update } = diffCharts(first, second);

  expect({ leave, enter, update }).toEqual({
    leave: [],
    enter: [],
    update: [{ id: "S90", rank: 1, plays: 410, listened_ms: 410_000, score: 410 }],
  });
});

test("a song that nobody played keeps its score in hot, so that it is not mentioned", () => {
  const { hot } = currentWindows(aMoment);
  const draft = draftChart("songs", hot, undefined);
  const candidate: Candidate = {
    id: "S1",
    title: "Yellow",
    artist: "Coldplay",
    score: 3n << 16n,
    plays: 3,
    listenedMs: 3000,
    firstPlayedAt: aMoment,
  };
  draft.update.offer(candidate);
  const first = draft.finish(1 as EpochNumber);
  const next = draftChart("songs", hot, first);
  next.update.offer({ ...candidate, id: "S2", score: 1n << 16n });
  const second = next.finish(2 as EpochNumber);
  if (first === undefined || second === undefined) throw new Error("no versions");

  expect(viewShown(first, "hot")[0]?.score).toBe(3);
  expect(diffCharts(first, second)).toMatchObject({ enter: [{ id: "S2", rank: 2 }], update: [] });
});

test("a chart's changes share a ring, whatever the instance of its window", () => {
  const keys = new Set(Array.from({ length: 100 }, (_, seq) => deltaKey("songs", "hour", seq)));

  expect(keys.size).toBe(deltaRingSize);
  expect(currentWindows(aMoment).hour).not.toBe(currentWindows((aMoment + dayMs) as EpochMs).hour);
});

test("who comes back enters with a mark and the old peak, and has no mark in the next version", () => {
  const songs = chartSize + 1;
  const grown = (id: number, plays: number) => [{ id, plays, earlier: 0 }];
  const last = chartSize; // not in the chart
  const versions = versionsOf(
    [everybody(songs), grown(last, 2), grown(last - 1, songs), grown(3, 1)],
    String,
  );
  const [full, left, back, next] = versions;
  if (full === undefined || left === undefined || back === undefined || next === undefined)
    throw new Error("no versions");

  const change = diffCharts(left, back);
  const held = applyChange(viewShown(left, "all"), change) ?? [];

  expect(left.departures).toEqual([{ id: `S${last - 1}`, peak: chartSize }]);
  expect(change.enter).toMatchObject([
    { id: `S${last - 1}`, rank: 1, previous_rank: null, peak: 1, back: true },
  ]);
  expect(held).toEqual(viewShown(back, "all"));
  expect(applyChange(held, diffCharts(back, next))).toEqual(viewShown(next, "all"));
  expect(JSON.stringify(viewShown(next, "all"))).not.toContain("back");
});

test("a client follows scores that fall as well: who leaves, comes back and changes what it was expected to be", () => {
  const someOffer = fc.record({
    // Some often enough that they come back.
    id: fc.oneof(fc.integer({ min: 0, max: 130 }), fc.integer({ min: 0, max: 8 })),
    score: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40_000 })),
    expected: fc.double({ min: 3, max: 9, noNaN: true }),
    listeners: fc.integer({ min: 5, max: 20 }),
  });
  const { rising } = currentWindows(aMoment);
  let returns = 0;
  fc.assert(
    fc.property(
      fc.array(fc.array(someOffer, { maxLength: 60, size: "max" }), {
        minLength: 2,
        maxLength: 12,
        size: "max",
      }),
      (epochs) => {
        let chart: Chart | undefined;
        let held: readonly unknown[] = [];
        for (const [index, offers] of epochs.entries()) {
          const draft = draftChart("songs", rising, chart);
          for (const { id, score, expected, listeners } of offers) {
            const figures = { plays: score, listenedMs: score, firstPlayedAt: aMoment };
            const named = { id: `S${id}`, title: "", artist: "Coldplay" };
            const rise = { expected, listeners };
            draft.update.offer({ ...named, ...figures, score: BigInt(score), ...(score > 0 && { rise }) });
          }
          const next = draft.finish((index + 1) as EpochNumber);
          if (next === undefined) continue;
          if (chart === undefined) held = viewShown(next, "rising");
          else held = applyChange(held as Parameters<typeof applyChange>[0], diffCharts(chart, next)) ?? [];
          expect(held).toEqual(viewShown(next, "rising"));
          returns += next.entries.filter(({ isBack }) => isBack === true).length;
          chart = next;
        }
      },
    ),
    { numRuns: 60 },
  );
  expect(returns).toBeGreaterThan(0);
});
