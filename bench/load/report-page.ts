import { escapeText } from "./escape-text.ts";
import { pageStyle } from "./page-style.ts";
import type { LoadSample } from "./run-load.ts";
import type { Latency, LoadSummary } from "./summary.ts";
import { type Axis, drawPlot, type Plot, type Series } from "./svg-plot.ts";
import { showCount, showMs, showTrend } from "./text-report.ts";
import type { Judgement } from "./thresholds.ts";

/** The run as one HTML page that asks nobody for anything. */
export function reportPage(summary: LoadSummary): string {
  const { request, judgements } = summary;
  const isGood = judgements.every(({ isMet }) => isMet);
  const title = `${request.profile.replace(/^./, (letter) => letter.toUpperCase())} of ${showCount(request.rate)} plays/s`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Earworm load: ${escapeText(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<header>
<p class="brand">Earworm load</p>
<h1>${escapeText(title)}</h1>
<p class="verdict ${isGood ? "met" : "missed"}">${isGood ? "Every threshold is met" : "A threshold is missed"}</p>
<p class="note">${escapeText(aboutRun(summary))}</p>
</header>
<main>
<section><h2>Thresholds</h2>${thresholdTable(judgements)}</section>
<section><h2>Delay</h2>${delayTable(summary)}
<p class="note">Each play counts from when it was due, not from when it was sent: what waited for a slow target is in these times.</p></section>
<section><h2>Plays</h2>${playsTable(summary)}</section>
<div class="plots">
${plotsOf(summary).map(drawPlot).join("\n")}
</div>
${reasonList(summary)}
</main>
<footer class="note">${escapeText(aboutMachine(summary))}</footer>
</body>
</html>
`;
}

function aboutRun({ request, startedAt }: LoadSummary): string {
  const target =
    request.endpoint === undefined
      ? `an embedded runtime of its own: ${request.shards} ${request.shards === 1 ? "shard" : "shards"}, a tick of ${request.tickMs} ms, a dedupe horizon of ${(request.dedupeHorizonMs ?? 0) / 1000} s`
      : request.endpoint;
  return `${request.durationMs / 1000} s on ${startedAt.slice(0, 16).replace("T", " ")} UTC, ${showCount(request.users)} listeners and ${showCount(request.songs)} songs, against ${target}.`;
}

const aboutMachine = ({ machine }: LoadSummary): string =>
  `${machine.cores} × ${machine.cpu}, ${(machine.memoryBytes / 2 ** 30).toFixed(0)} GiB, ${machine.system}, Node ${machine.node}. The generator ran on the same machine.`;

/** @param kind `figures`: no cell is broken into lines */
function tableOf(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  kind: "text" | "figures" = "text",
): string {
  const cells = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? `<th scope="row">${cell}</th>` : `<td>${cell}</td>`)).join("");
  const titles = head.map((title) => `<th scope="col">${title}</th>`).join("");
  const body = rows.map((row) => `<tr>${cells(row)}</tr>`).join("\n");
  return `<div class="scroll"><table class="${kind}"><thead><tr>${titles}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

function thresholdTable(judgements: readonly Judgement[]): string {
  const mark = (isMet: boolean): string =>
    `<span class="mark ${isMet ? "met" : "missed"}">${isMet ? "met" : "missed"}</span>`;
  const rows = judgements.map(({ name, asked, seen, isMet }) => [
    ...[escapeText(name), mark(isMet), escapeText(seen), escapeText(asked)],
  ]);
  return tableOf(["", "", "seen", "asked"], rows, "figures");
}

function delayTable({ acknowledged, pushed }: LoadSummary): string {
  const row = (name: string, latency: Latency): readonly string[] => [
    name,
    ...[latency.p50Ms, latency.p95Ms, latency.p99Ms, latency.p999Ms, latency.longestMs].map(showMs),
  ];
  return tableOf(
    ["put to", "p50", "p95", "p99", "p99.9", "longest"],
    [row("acknowledged", acknowledged), ...(pushed === undefined ? [] : [row("counted and pushed", pushed)])],
    "figures",
  );
}

const cores = (cpu: number | undefined): string => (cpu === undefined ? "–" : (cpu / 1000).toFixed(2));

function playsTable(summary: LoadSummary): string {
  const { plays, memory, cpuRatio, missing } = summary;
  const rows: (readonly string[])[] = [
    ["due", showCount(plays.due)],
    ["acknowledged", `${showCount(plays.acknowledged)}, ${showCount(summary.throughput)} a second`],
    ["failed, dropped", `${showCount(plays.failed)}, ${showCount(plays.dropped)}`],
    ["acknowledged and not counted at the end", missing === undefined ? "–" : showCount(missing)],
    ["longest put and not consumed", showMs(summary.longestLagMs)],
    ["longest put and not counted", showMs(summary.longestUncountedMs)],
    ["cores in use: target, generator", `${cores(summary.targetCpu)}, ${cores(summary.ownCpu)}`],
  ];
  if (cpuRatio !== undefined) rows.push(["CPU at ten times the plays", `${cpuRatio.toFixed(2)} times`]);
  if (memory !== undefined) {
    rows.push(["memory in use after a collection", showTrend(memory.used)]);
    rows.push(["resident memory", showTrend(memory.resident)]);
  }
  return tableOf(
    ["", ""],
    rows.map((row) => row.map(escapeText)),
  );
}

function reasonList({ reasons }: LoadSummary): string {
  if (reasons.length === 0) return "";
  const rows = reasons.slice(0, 20).map(([reason, sends]) => [escapeText(reason), showCount(sends)]);
  return `<section><h2>What the target said instead</h2>${tableOf(["", "sends"], rows)}</section>`;
}

const shortCount = (value: number): string =>
  value >= 1_000_000
    ? `${Number((value / 1_000_000).toFixed(1))}M`
    : value >= 1000
      ? `${Number((value / 1000).toFixed(1))}k`
      : String(Number(value.toFixed(2)));
const shortMs = (ms: number): string =>
  ms >= 1000 ? `${Number((ms / 1000).toFixed(1))} s` : `${Number(ms.toPrecision(2))} ms`;

const seconds: Axis = {
  scale: "linear",
  label: "seconds",
  show: (value) => String(Number(value.toFixed(0))),
};
const secondsOf = ({ atMs }: { readonly atMs: number }): number => atMs / 1000;

function seriesOf(
  samples: readonly LoadSample[],
  name: string,
  tone: Series["tone"],
  seenIn: (sample: LoadSample) => number | undefined,
): Series {
  return { name, tone, points: samples.map((sample) => [secondsOf(sample), seenIn(sample)]) };
}

/** What a total grew by, per second, from sample to sample. */
function rateSeries(
  samples: readonly LoadSample[],
  name: string,
  tone: Series["tone"],
  totalOf: (sample: LoadSample) => number | undefined,
): Series {
  const points = samples.slice(1).map((sample, i) => {
    const before = samples[i];
    const [from, to] = [before && totalOf(before), totalOf(sample)];
    if (before === undefined || from === undefined || to === undefined)
      return [secondsOf(sample), undefined] as const;
    return [secondsOf(sample), (1000 * (to - from)) / (sample.atMs - before.atMs)] as const;
  });
  return { name, tone, points };
}

function plotsOf({ samples, acknowledged, pushed, memorySamples }: LoadSummary): readonly Plot[] {
  const perSecond: Axis = { scale: "linear", label: "plays/s", show: shortCount };
  const delay: Axis = { scale: "linear", label: "delay", show: shortMs };
  return [
    {
      title: "Throughput",
      description: "Plays a second that were due, acknowledged and counted, over time",
      ...{ x: seconds, y: perSecond },
      series: [
        rateSeries(samples, "due", 3, ({ due }) => due),
        rateSeries(samples, "counted", 2, ({ counted }) => counted),
        rateSeries(samples, "acknowledged", 1, (sample) => sample.acknowledged),
      ],
    },
    {
      title: "Lag",
      description:
        "Age of the oldest play that is not consumed, and of the oldest that is not counted, over time",
      ...{ x: seconds, y: delay },
      series: [
        seriesOf(samples, "not counted", 2, ({ uncountedMs }) => uncountedMs),
        seriesOf(samples, "not consumed", 1, ({ lagMs }) => lagMs),
      ],
    },
    percentilePlot(acknowledged, pushed),
    {
      title: "Put to acknowledged, p95 of each second",
      description: "The 95th percentile of put to acknowledged, over time",
      ...{ x: seconds, y: delay },
      series: [seriesOf(samples, "p95", 1, ({ p95Ms }) => p95Ms)],
    },
    {
      title: "Cores in use",
      description: "CPU time a second of the target and of the generator, over time",
      x: seconds,
      y: { scale: "linear", label: "cores", show: (value) => String(Number(value.toFixed(2))) },
      series: [
        rateSeries(samples, "target", 1, ({ targetCpuMs }) => targetCpuMs && targetCpuMs / 1000),
        rateSeries(samples, "generator", 3, ({ ownCpuMs }) => ownCpuMs / 1000),
      ],
    },
    {
      title: "Memory of the target",
      description: "Resident memory, and what is in use after a collection, over time",
      x: seconds,
      y: { scale: "linear", label: "MiB", show: shortCount },
      series: [
        seriesOf(samples, "resident", 2, ({ residentBytes }) => residentBytes && residentBytes / 2 ** 20),
        {
          ...{ name: "in use after a collection", tone: 1 },
          points: memorySamples.map((m) => [secondsOf(m), (m.heapBytes + m.externalBytes) / 2 ** 20]),
        },
      ],
    },
  ];
}

/** As HDR histograms are drawn: each step to the right leaves out a tenth of what the step before did. */
function percentilePlot(acknowledged: Latency, pushed: Latency | undefined): Plot {
  const shares = [0, 0.9, 0.99, 0.999, 0.9999, 0.99999];
  const mostLeftOut = 1 / Math.max(10, acknowledged.count);
  const ticks = shares.filter((share) => 1 - share >= 0.999 * mostLeftOut).map((share) => 1 / (1 - share));
  const last = ticks.at(-1) ?? 1;
  const points = ({ curve }: Latency): Series["points"] =>
    curve.flatMap(({ share, ms }) => (1 - share >= 0.999 / last ? [[1 / (1 - share), ms] as const] : []));
  return {
    title: "Delay by percentile",
    description: "Put to acknowledged and put to counted and pushed, by percentile, both scales logarithmic",
    x: {
      ...{ scale: "log", label: "percentile" },
      show: (value) => `${Number((100 * (1 - 1 / value)).toFixed(4))}`,
      ticks,
    },
    y: { scale: "log", label: "delay", show: shortMs },
    series: [
      ...(pushed === undefined
        ? []
        : [{ name: "put to counted and pushed", tone: 2, points: points(pushed) } as const]),
      { name: "put to acknowledged", tone: 1, points: points(acknowledged) },
    ],
  };
}
