/**
 * Open-loop load with thresholds: puts invented plays into an embedded runtime of its own, or any endpoint, and exits with 0 where
 * every threshold is met, 1 where one is missed, 2 for wrong usage.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { CommanderError } from "commander";
import { openSink } from "./kinesis-sink.ts";
import { type LoadCommand, parseLoadCommand } from "./options.ts";
import { PlayPool } from "./play-pool.ts";
import { stretchesOf } from "./rate-profile.ts";
import { reportPage } from "./report-page.ts";
import { type LoadOptions, type LoadResult, type LoadSample, runLoad } from "./run-load.ts";
import { ServerProcess } from "./server-process.ts";
import { cpuPerSecond, type LoadRequest, summarise } from "./summary.ts";
import { showCount, showMs, textReport } from "./text-report.ts";
import type { Thresholds } from "./thresholds.ts";

const failed = 1;
const wrongUsage = 2;

/** So many plays are invented beforehand; each is sent again and again, as a play of its own. */
const pooledPlays = 100_000;
/** What a tenth of the rate takes is known after so long, ms. */
const tenthMs = 60_000;

/** Six letters and digits that no other run has. */
const runName = (): string => Date.now().toString(36).slice(-6);

const createPool = ({ seed, users, songs }: LoadCommand): PlayPool =>
  new PlayPool({ seed, users, songs, plays: pooledPlays, run: runName() });

function showProgress(sample: LoadSample): void {
  if (!process.stderr.isTTY) return;
  const { atMs, due, acknowledged, lagMs, uncountedMs } = sample;
  process.stderr.write(
    `\r${(atMs / 1000).toFixed(0)} s: ${showCount(acknowledged)} of ${showCount(due)} plays, lag ${showMs(lagMs)}, uncounted ${showMs(uncountedMs)}  `,
  );
}

type Target = Pick<LoadOptions, "put" | "api" | "webSocket" | "pid" | "sampleMemory">;

async function endpointTarget({ endpoint = "", stream, api, ws, timeout }: LoadCommand): Promise<Target> {
  return { put: await openSink({ endpoint, stream, timeoutMs: timeout }), api, webSocket: ws };
}

/** Runs against an embedded runtime that nobody else uses. */
async function onEmbedded(
  command: LoadCommand,
  options: Pick<LoadOptions, "stretches"> & { readonly cpuProfile?: string | undefined },
): Promise<LoadResult> {
  const server = await ServerProcess.start({
    ...{ shards: command.shards, tickMs: command.tick, dedupeHorizonMs: command.dedupeHorizon },
    ...{ archive: true, cpuProfile: options.cpuProfile },
  });
  try {
    const target: Target = {
      put: await openSink({ endpoint: server.kinesis, stream: "plays", timeoutMs: command.timeout }),
      ...{ api: server.api, webSocket: server.webSocket, pid: server.pid },
      sampleMemory: () => server.sample(),
    };
    return await load(command, target, options.stretches);
  } finally {
    await server.end();
  }
}

function load(
  command: LoadCommand,
  target: Target,
  stretches: LoadOptions["stretches"],
): Promise<LoadResult> {
  const { connections } = command;
  return runLoad({ ...target, stretches, connections, pool: createPool(command), onSample: showProgress });
}

/** CPU time of an embedded runtime at a tenth of the rate, ms a second; undefined where nobody asks. */
async function cpuOfTenth(command: LoadCommand): Promise<number | undefined> {
  if (command.maxCpuRatio === undefined) return undefined;
  const stretches = stretchesOf("soak", command.rate / 10, Math.min(command.duration, tenthMs));
  const { samples } = await onEmbedded(command, { stretches });
  return cpuPerSecond(samples, ({ targetCpuMs }) => targetCpuMs);
}

function requestOf(command: LoadCommand): LoadRequest {
  const { profile, rate, duration, endpoint, users, songs } = command;
  const ofEmbedded = <T>(value: T): T | undefined => (endpoint === undefined ? value : undefined);
  return {
    ...{ profile, rate, durationMs: duration, endpoint, users, songs },
    shards: ofEmbedded(command.shards),
    tickMs: ofEmbedded(command.tick),
    dedupeHorizonMs: ofEmbedded(command.dedupeHorizon),
  };
}

function thresholdsOf(command: LoadCommand): Thresholds {
  const { endpoint, maxErrorRate, maxP95, maxMemoryGrowth, maxCpuRatio } = command;
  const maxLagMs = command.maxLag ?? (endpoint === undefined ? command.tick : undefined);
  return { maxErrorRate, maxP95Ms: maxP95, maxLagMs, maxMemoryGrowth, maxCpuRatio };
}

async function main(command: LoadCommand): Promise<void> {
  const stretches = stretchesOf(command.profile, command.rate, command.duration);
  const tenth = await cpuOfTenth(command);
  const startedAt = new Date();
  const result =
    command.endpoint === undefined
      ? await onEmbedded(command, { stretches, cpuProfile: command.cpuProfile })
      : await load(command, await endpointTarget(command), stretches);
  const summary = summarise(requestOf(command), startedAt, result, thresholdsOf(command), tenth);
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  mkdirSync(dirname(command.out), { recursive: true });
  writeFileSync(`${command.out}.json`, JSON.stringify(summary, undefined, 1));
  writeFileSync(`${command.out}.html`, reportPage(summary));
  for (const line of textReport(summary)) console.log(line);
  console.log(`report: ${command.out}.html and ${command.out}.json`);
  if (summary.judgements.some(({ isMet }) => !isMet)) process.exitCode = failed;
}

try {
  await main(parseLoadCommand(process.argv.slice(2)));
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : wrongUsage;
  } else {
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    process.exitCode = failed;
  }
}
