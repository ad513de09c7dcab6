import { expect, test } from "vitest";
import type { Frame } from "#cli/top/render-chart.ts";
import { LiveView, PlainView } from "#cli/top/views.ts";
import type { ChartSnapshot, StatsSnapshot } from "#src/wire/push-protocol.ts";

function aTerminal(columns: number, rows: number) {
  const written: string[] = [];
  return { isTTY: true, columns, rows, written, write: (text: string) => written.push(text) };
}

function aFrame(seq: number, plays: number): Frame {
  const entries = Array.from({ length: 30 }, (_, i) => ({
    ...{ rank: i + 1, previous_rank: i + 1, peak: 1, id: `S${i}`, title: `T${i}`, artist: "A" },
    ...{ plays: plays + 30 - i, listened_ms: 1, score: 1, first_played_at: 1 },
  }));
  const current = { log: "store/d.20261120", seq, epoch: seq, now: 0 };
  const chart: ChartSnapshot = { ...current, type: "snapshot", channel: "songs.day", total: 30, entries };
  const stats = { ...current, type: "snapshot", channel: "stats", stats: { epoch: seq, plays } };
  return { chart, stats: stats as StatsSnapshot, state: "live", now: 0 };
}

test("a terminal is drawn over in place, as many rows as it has, and gets back its cursor and what was there", () => {
  const terminal = aTerminal(60, 10);
  const view = new LiveView(terminal, 20, false);

  view.show(aFrame(2, 0));
  view.show(aFrame(3, 1));
  terminal.rows = 24;
  view.redraw();
  view.close();
  view.close();

  const [first = "", second = "", third = "", end, ...rest] = terminal.written;
  expect(first.startsWith("\u001b[?1049h\u001b[?25l\u001b[H")).toBe(true);
  expect(second.startsWith("\u001b[H")).toBe(true);
  expect([first, second, third].map((picture) => picture.split("\r\n").length)).toEqual([10, 10, 24]);
  expect(end).toBe("\u001b[?25h\u001b[?1049l");
  expect(rest).toEqual([]);
});

test("a terminal that nothing was drawn on is left alone", () => {
  const terminal = aTerminal(60, 10);
  const view = new LiveView(terminal, 20, true);

  view.redraw();
  view.close();

  expect(terminal.written).toEqual([]);
});

test("anything else gets the chart once, and then changes, without a control character", () => {
  const written: string[] = [];
  const view = new PlainView({ write: (text: string) => written.push(text) }, 3);

  view.show(aFrame(2, 0));
  const whole = written.splice(0);
  view.show(aFrame(2, 0));
  const same = written.splice(0);
  view.show(aFrame(3, 1));

  expect(whole).toHaveLength(4 + 3);
  expect(same).toEqual([]);
  expect(written).toHaveLength(3);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: there must be none
  expect([...whole, ...written].join("")).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
});
