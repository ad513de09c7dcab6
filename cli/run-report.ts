import { formatCount } from "./progress.ts";
import type { RunMetrics } from "./run-metrics.ts";

/** How many listeners the printed report shows; the file has them all. */
const printedUsers = 10;

/** The three-stage report for a terminal. */
export function reportOf(metrics: RunMetrics, { out }: { readonly out: string }): string {
  const { input, performance: times } = metrics;
  const rate = Math.round(input.plays / Math.max(times.total_workflow_time, 0.001));
  return [
    `${metrics.source}: ${formatCount(input.plays)} plays, ${formatCount(input.duplicates)} duplicates, ` +
      `${formatCount(input.rejected)} rejected`,
    "",
    ...mapReduce(metrics),
    "",
    ...userBehavior(metrics),
    "",
    ...recommendation(metrics),
    "",
    `${seconds(times.total_workflow_time)} in all, ${formatCount(rate)} plays/s; figures in ${out}`,
  ].join("\n");
}

function mapReduce({ mapreduce_results: results, performance: times }: RunMetrics): string[] {
  const songs = Object.entries(results.top_songs);
  const rows = songs.map(([name, plays], i) => [`${i + 1}`, name, formatCount(plays)]);
  return [
    `1 MapReduce (${seconds(times.mapreduce_time)}): ${formatCount(results.count_keys)} songs`,
    ...table(["", "song", "plays"], rows),
  ];
}

function userBehavior({ userbehavior_results: results, performance: times }: RunMetrics): string[] {
  const users = new Map(results.users.map((user) => [user.user_id, user]));
  const rows = results.top_users.slice(0, printedUsers).map((id, i) => {
    const user = users.get(id);
    return [`${i + 1}`, id, listened(user?.total_time ?? 0), user?.top_artist ?? "-"];
  });
  return [
    `2 UserBehavior (${seconds(times.userbehavior_time)}): ${formatCount(results.num_users)} listeners`,
    ...table(["", "listener", "listened", "favourite artist"], rows),
  ];
}

function recommendation(metrics: RunMetrics): string[] {
  const { recommendation_results: results, performance: times, userbehavior_results: behavior } = metrics;
  const rows = behavior.top_users
    .slice(0, printedUsers)
    .map((id) => [id, results.recommendations[id]?.join(", ") || "-"]);
  return [
    `3 Recommendation (${seconds(times.recommendation_time)}): trending ${results.trending_songs.join(", ")}`,
    ...table(["listener", "should hear"], rows),
  ];
}

const seconds = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} s`;

/** `7:00` or `1:02:03` of seconds. */
function listened(total: number): string {
  const whole = Math.round(total);
  const pad = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(rest)}` : `${minutes}:${pad(rest)}`;
}

/** Columns as wide as their widest cell; a control character in a name must not reach the terminal. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll(/\p{Cc}/gu, " ")));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ")}`.trimEnd());
}
