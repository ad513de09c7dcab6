import type { ConnectionState } from "#src/client/push-client.ts";
import { type ChartEntryView, scoreAt } from "#src/wire/chart-view.ts";
import type { ChartSnapshot, StatsSnapshot } from "#src/wire/push-protocol.ts";
import { formatCount } from "../progress.ts";
import { fitTo, printable } from "./display-width.ts";

/** What there is to show. */
export interface Frame {
  readonly chart: ChartSnapshot;
  readonly stats: StatsSnapshot;
  readonly state: ConnectionState;
  /** By the server's clock, epoch ms. */
  readonly now: number;
}

export interface Layout {
  /** Columns of the terminal. */
  readonly width: number;
  /** Entries at most. */
  readonly limit: number;
  readonly color: boolean;
}

/** Columns of a row. The score stands beside the plays where it is another number. */
interface Columns {
  readonly title: number;
  /** 0 where there is no room for it, or no need. */
  readonly artist: number;
  readonly hasScore: boolean;
}

const rankWidth = 3;
const moveWidth = 4;
const figureWidth = 9;
/** Of a line's time and the space after it. */
const timeWidth = 9;
/** With less room than this for both, the artist is left out. */
const narrow = 24;

type Style = "bold" | "dim" | "green" | "red" | "cyan";
const codes: Readonly<Record<Style, number>> = { bold: 1, dim: 2, green: 32, red: 31, cyan: 36 };

/** The chart as lines, none wider than the terminal: what it is, how fresh, the names of the columns, the entries. */
export function renderChart(frame: Frame, layout: Layout): readonly string[] {
  const { chart } = frame;
  const columns = columnsOf(chart, layout.width);
  const rows = chart.entries.slice(0, layout.limit).map((entry) => rowOf(entry, frame, columns, layout));
  const nothing = "Nobody has played anything in this window yet.";
  return [
    styled("bold", fitTo(titleOf(frame), layout.width).trimEnd(), layout),
    styled("dim", fitTo(freshnessOf(frame), layout.width).trimEnd(), layout),
    "",
    styled("dim", headOf(chart, columns), layout),
    ...(rows.length > 0 ? rows : [fitTo(nothing, layout.width).trimEnd()]),
  ];
}

/** One line for each shown entry that is played, or that came in, since `before`; for output that is no terminal. */
export function renderChanges(before: ChartSnapshot, frame: Frame, layout: Layout): readonly string[] {
  const known = new Map(before.entries.slice(0, layout.limit).map((entry) => [entry.id, entry.plays]));
  const columns = columnsOf(frame.chart, layout.width - timeWidth);
  return frame.chart.entries
    .slice(0, layout.limit)
    .filter(({ id, plays }) => before.log !== frame.chart.log || known.get(id) !== plays)
    .map((entry) => `${timeOf(frame.chart.now)} ${rowOf(entry, frame, columns, layout)}`);
}

function titleOf({ chart, state }: Frame): string {
  const [list, window] = chart.channel.split(".");
  return `${list}, ${window}: ${formatCount(chart.total)} in the chart  (${state})`;
}

function freshnessOf({ stats, now }: Frame): string {
  const { epoch, plays } = stats.stats;
  if (epoch === 0) return "no epoch yet";
  const ageSeconds = Math.max(0, Math.round((now - stats.now) / 1000));
  return `as of ${timeOf(stats.now)} UTC, ${formatCount(ageSeconds)} s ago, epoch ${formatCount(epoch)}, ${formatCount(plays)} plays in all`;
}

function columnsOf(chart: ChartSnapshot, width: number): Columns {
  const hasScore = chart.decay !== undefined || chart.channel.endsWith(".rising");
  const figures = (figureWidth + 1) * (hasScore ? 2 : 1);
  const room = Math.max(8, width - rankWidth - moveWidth - figures - 2);
  if (!chart.channel.startsWith("songs.") || room < narrow) return { title: room, artist: 0, hasScore };
  const artist = Math.floor((room - 1) * 0.4);
  return { title: room - 1 - artist, artist, hasScore };
}

function headOf(chart: ChartSnapshot, { title, artist, hasScore }: Columns): string {
  const name = chart.channel.startsWith("songs.") ? "title" : "name";
  return [
    "#".padStart(rankWidth),
    "".padEnd(moveWidth),
    fitTo(name, title),
    ...(artist > 0 ? [fitTo("artist", artist)] : []),
    ...(hasScore ? ["score".padStart(figureWidth)] : []),
    "plays".padStart(figureWidth),
  ].join(" ");
}

function rowOf(entry: ChartEntryView, { chart, now }: Frame, columns: Columns, layout: Layout): string {
  const { title, artist, hasScore } = columns;
  const move = moveOf(entry, chart.seq);
  const score = scoreAt(entry.score, chart.decay, now);
  return [
    String(entry.rank).padStart(rankWidth),
    styled(move.style, fitTo(move.text, moveWidth), layout),
    fitTo(printable(entry.title || entry.artist || entry.id), title),
    ...(artist > 0 ? [fitTo(printable(entry.artist), artist)] : []),
    ...(hasScore ? [score.toFixed(1).padStart(figureWidth)] : []),
    formatCount(entry.plays).padStart(figureWidth),
  ].join(" ");
}

/** Nothing moves in a chart's first version. */
function moveOf({ rank, previous_rank: before, back }: ChartEntryView, seq: number) {
  const move = (text: string, style: Style) => ({ text, style });
  if (seq <= 1) return move("", "dim");
  if (before === null) return back === true ? move("back", "cyan") : move("new", "cyan");
  if (before > rank) return move(`▲${before - rank}`, "green");
  return before < rank ? move(`▼${rank - before}`, "red") : move("", "dim");
}

/** `14:03:05`. */
const timeOf = (at: number): string => new Date(at).toISOString().slice(11, 19);

function styled(style: Style, text: string, { color }: Layout): string {
  return color && text.trim() !== "" ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
}
