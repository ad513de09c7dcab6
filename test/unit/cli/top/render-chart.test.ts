import { describe, expect, test } from "vitest";
import { displayWidth } from "#cli/top/display-width.ts";
import { type Frame, renderChanges, renderChart } from "#cli/top/render-chart.ts";
import type { ChartEntryView } from "#src/wire/chart-view.ts";
import type { ChartSnapshot, StatsSnapshot } from "#src/wire/push-protocol.ts";

const at = Date.UTC(2026, 10, 20, 12, 0, 5);

const anEntry = (rank: number, over: Partial<ChartEntryView> = {}): ChartEntryView => ({
  ...{ rank, previous_rank: rank, peak: 1, id: `S${rank}`, title: `Title ${rank}`, artist: `Artist ${rank}` },
  ...{ plays: 1000 - rank, listened_ms: 1, score: 1000 - rank, first_played_at: 1, ...over },
});

const aChart = (entries: readonly ChartEntryView[], over: Partial<ChartSnapshot> = {}): ChartSnapshot => ({
  ...{ type: "snapshot", channel: "songs.day", log: "store/d.20261120", seq: 7, epoch: 9, now: at },
  ...{ total: 123, entries, ...over },
});

function aFrame(chart: ChartSnapshot, over: Partial<Frame> = {}): Frame {
  const stats = { epoch: 9, plays: 1_234_567 } as StatsSnapshot["stats"];
  const held = { type: "snapshot", channel: "stats", log: "store/stats", seq: 9, epoch: 9, now: at } as const;
  return { chart, stats: { ...held, stats } as StatsSnapshot, state: "live", now: at + 2000, ...over };
}

const layout = { width: 70, limit: 20, color: false };

describe("a chart", () => {
  test("says what it is, how fresh, and ranks", () => {
    const entries = [
      anEntry(1, { previous_rank: 3 }),
      anEntry(2, { previous_rank: 1 }),
      anEntry(3, { previous_rank: null }),
      anEntry(4, { previous_rank: null, back: true }),
      anEntry(5),
    ];

    const lines = renderChart(aFrame(aChart(entries)), layout);

    expect(lines).toEqual([
      "songs, day: 123 in the chart  (live)",
      "as of 12:00:05 UTC, 2 s ago, epoch 9, 1,234,567 plays in all",
      "",
      "  #      title                          artist                   plays",
      "  1 ▲2   Title 1                        Artist 1                   999",
      "  2 ▼1   Title 2                        Artist 2                   998",
      "  3 new  Title 3                        Artist 3                   997",
      "  4 back Title 4                        Artist 4                   996",
      "  5      Title 5                        Artist 5                   995",
    ]);
  });

  test("that decays shows what a score is worth by now, beside the plays", () => {
    const decay = { from: at, half_life_ms: 2000 };
    const chart = aChart([anEntry(1, { score: 50, plays: 60 })], { channel: "songs.hot", decay });

    const [, , , head, row] = renderChart(aFrame(chart), layout);

    expect(head).toMatch(/artist +score +plays$/);
    expect(row).toMatch(/Artist 1 +25\.0 +60$/);
  });

  test("of artists has one name a row, and nothing moves in a first version", () => {
    const entries = [anEntry(1, { id: "Coldplay", title: "", artist: "Coldplay", previous_rank: null })];

    const lines = renderChart(aFrame(aChart(entries, { channel: "artists.all", seq: 1 })), layout);

    expect(lines.slice(3)).toEqual([
      `  #      ${"name".padEnd(51)}     plays`,
      `  1      ${"Coldplay".padEnd(51)}       999`,
    ]);
  });

  test("without entries says so, and without epochs too", () => {
    const empty = aFrame(aChart([], { total: 0, seq: 0 }));
    const stats = { ...empty.stats, stats: { ...empty.stats.stats, epoch: 0 } };

    const lines = renderChart({ ...empty, stats, state: "reconnecting" }, layout);

    expect(lines[0]).toBe("songs, day: 0 in the chart  (reconnecting)");
    expect(lines[1]).toBe("no epoch yet");
    expect(lines.at(-1)).toBe("Nobody has played anything in this window yet.");
  });

  test.each([20, 30, 45, 70, 200])("no line is wider than a terminal of %i columns", (width) => {
    const entries = [
      anEntry(1, { title: "日本語のとても長いタイトルです".repeat(3), artist: "👩‍🎤".repeat(20) }),
      anEntry(2, { title: "a\u001b[2Jb\nc", previous_rank: 100 }),
    ];

    const lines = renderChart(aFrame(aChart(entries)), { ...layout, width });

    const widest = Math.max(...lines.map(displayWidth));
    expect(widest).toBeLessThanOrEqual(Math.max(width, 27)); // the figures and eight columns of a name
    expect(lines.join("")).not.toContain("\u001b");
    expect(lines).toHaveLength(6);
  });

  test("is coloured where that is wanted, and keeps its columns", () => {
    const frame = aFrame(aChart([anEntry(1, { previous_rank: 3 })]));

    const coloured = renderChart(frame, { ...layout, color: true });

    expect(coloured[4]).toContain("\u001b[32m▲2  \u001b[0m");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
    expect(coloured.map((line) => line.replace(/\u001b\[\d+m/g, ""))).toEqual(renderChart(frame, layout));
  });
});

describe("changes", () => {
  test("are the entries that were played or came in, with the time", () => {
    const before = aChart([anEntry(1), anEntry(2), anEntry(3)]);
    const entries = [
      anEntry(1, { id: "S2", plays: 1001, previous_rank: 2 }),
      anEntry(2, { id: "S1", plays: 999, previous_rank: 1 }),
      anEntry(3, { id: "new", plays: 998, previous_rank: null }),
    ];

    const lines = renderChanges(before, aFrame(aChart(entries, { seq: 8 })), layout);

    expect(lines.map((line) => line.replace(/ +/g, " "))).toEqual([
      "12:00:05 1 ▲1 Title 1 Artist 1 1,001",
      "12:00:05 3 new Title 3 Artist 3 998",
    ]);
  });

  test("of another window are all of its entries, and of the same version none", () => {
    const chart = aChart([anEntry(1), anEntry(2)]);

    expect(renderChanges(chart, aFrame(chart), layout)).toEqual([]);
    expect(
      renderChanges(aChart([anEntry(1)], { log: "store/d.20261119" }), aFrame(chart), layout),
    ).toHaveLength(2);
  });
});
