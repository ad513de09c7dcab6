import { usualTickMs } from "#local/usual-ticks.ts";
import type { BenchCase, Curve } from "../harness/bench-case.ts";
import type { ResultTable } from "../harness/result-table.ts";
import { openSink } from "../load/kinesis-sink.ts";
import { PlayPool } from "../load/play-pool.ts";
import { stretchesOf } from "../load/rate-profile.ts";
import { type LoadResult, runLoad } from "../load/run-load.ts";
import { ServerProcess } from "../load/server-process.ts";
import { cpuPerSecond } from "../load/summary.ts";

interface Setting {
  /** Plays/s. */
  readonly rate: number;
  readonly tickMs: number;
  readonly seconds: number;
}

interface Seen extends Setting {
  readonly result: LoadResult;
}

const settings: readonly Setting[] = [
  { rate: 10, tickMs: usualTickMs, seconds: 45 },
  { rate: 500, tickMs: usualTickMs, seconds: 20 },
  { rate: 5000, tickMs: usualTickMs, seconds: 20 },
  // Beside it, what the tick is worth.
  { rate: 500, tickMs: 100, seconds: 20 },
];
/** Until code is compiled and charts are full. */
const warmUpSeconds = 8;
const quickShare = 0.25;

/** Open loop: a play's time runs from when it was due, whatever the server does. */
async function measure({ rate, tickMs, seconds }: Setting): Promise<LoadResult> {
  const server = await ServerProcess.start({
    ...{ shards: 1, tickMs, dedupeHorizonMs: 600_000, archive: true },
  });
  try {
    const run = async (name: string, ms: number): Promise<LoadResult> =>
      await runLoad({
        stretches: stretchesOf("soak", rate, ms),
        pool: new PlayPool({ seed: 1, users: 10_000, songs: 10_000, plays: 50_000, run: name }),
        // One for each: a connection that rested meanwhile may be closed as it is used.
        put: await openSink({ endpoint: server.kinesis, stream: "plays", timeoutMs: 30_000 }),
        ...{ api: server.api, webSocket: server.webSocket, pid: server.pid },
      });
    await run("warmup", warmUpSeconds * 1000);
    return await run("timing", seconds * 1000);
  } finally {
    await server.end();
  }
}

/** @throws Error where a play was lost: then its time is not known either */
function mustBeWhole({ plays, missing, reasons }: LoadResult, { rate }: Setting): void {
  if (plays.acknowledged === plays.due && missing === 0) return;
  const { due, acknowledged, failed, dropped } = plays;
  throw new Error(
    `${rate} plays/s: ${due} due, ${acknowledged} acknowledged, ${failed} failed, ${dropped} dropped, ${missing} not counted; ${[...reasons.keys()].join(", ")}`,
  );
}

function tableOf(all: readonly Seen[]): ResultTable {
  return {
    title: "Put to the WebSocket message of the epoch that counts it, in the client's hands",
    columns: [
      { name: "plays/s", kind: "whole" },
      { name: "tick, ms", kind: "whole" },
      { name: "plays", kind: "whole" },
      { name: "p50, ms", kind: "whole" },
      { name: "p99, ms", kind: "whole" },
      { name: "longest, ms", kind: "whole" },
      { name: "the tick alone: p50, p99", kind: "text" },
      { name: "put to acknowledged p99, ms", kind: "digits" },
      { name: "CPU, ms a second", kind: "whole" },
    ],
    rows: all.map(({ rate, tickMs, result }) => [
      ...[rate, tickMs, result.pushed.total],
      ...[result.pushed.percentile(0.5), result.pushed.percentile(0.99), result.pushed.longestMs],
      `${tickMs * 0.5}, ${tickMs * 0.99}`,
      result.acknowledged.percentile(0.99),
      cpuPerSecond(result.samples, ({ targetCpuMs }) => targetCpuMs) ?? null,
    ]),
  };
}

const shares = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999] as const;

const curveOf = (all: readonly Seen[]): Curve => ({
  id: "latency",
  title: "Put to push",
  x: { label: "share of plays, %", isLogarithmic: false },
  y: { label: "at most, ms", isLogarithmic: false },
  lines: all.map(({ rate, tickMs, result }) => ({
    name: `${rate.toLocaleString("en-US")} plays/s, tick ${tickMs} ms`,
    points: shares.map((share) => [share * 100, result.pushed.percentile(share)]),
  })),
});

const boundsOf = (all: readonly Seen[]): readonly string[] =>
  all.map(({ rate, tickMs, result }) => {
    const p50 = result.pushed.percentile(0.5);
    return `${rate.toLocaleString("en-US")} plays/s with a tick of ${tickMs} ms: a play waits ${tickMs / 2} ms for its epoch on average; consuming, counting, charting and pushing it make the median ${Math.round(p50)} ms.`;
  });

export const latencyCase: BenchCase = {
  name: "latency",
  about: "embedded: put to WebSocket message at 10, 500 and 5,000 plays/s, beside what the tick alone takes",
  async run({ isQuick, say }) {
    const all: Seen[] = [];
    for (const usual of settings) {
      const setting = isQuick ? { ...usual, seconds: usual.seconds * quickShare } : usual;
      const result = await measure(setting);
      mustBeWhole(result, setting);
      say(`${setting.rate} plays/s, tick ${setting.tickMs} ms: p50 ${result.pushed.percentile(0.5)} ms`);
      all.push({ ...setting, result });
    }
    const usual = all.filter(({ tickMs }) => tickMs === usualTickMs);
    return {
      tables: [tableOf(all)],
      ratios: Object.fromEntries(
        usual.flatMap(({ rate, tickMs, result }) => [
          [`latency-p50-${rate}`, result.pushed.percentile(0.5) / tickMs],
          [`latency-p99-${rate}`, result.pushed.percentile(0.99) / tickMs],
        ]),
      ),
      curves: [curveOf(all)],
      bars: [],
      profiles: [],
      bounds: boundsOf(all),
    };
  },
};
