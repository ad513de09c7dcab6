/**
 * Many WebSocket clients on this machine: how long a play takes to all of them, and what a client and a message cost the server,
 * beside a bare `ws` broadcast of the same number of bytes in the same run. `--check` exits 1 where a figure misses its bound.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Command } from "commander";
import { integerOption, positiveOption } from "#cli/options.ts";
import { type Channel, isChannel } from "#src/wire/push-protocol.ts";
import { DevProcess } from "#test/support/earworm-process.ts";
import { Child } from "./child.ts";
import type { FromViewers, ToViewers, ViewerFigures } from "./messages.ts";
import { Probe } from "./probe.ts";
import { cpuMsOf, residentBytesOf } from "./process-usage.ts";

interface Options {
  readonly viewers: readonly number[];
  readonly seconds: number;
  readonly tick: number;
  readonly rate: number;
  readonly channels: readonly Channel[];
  readonly check: boolean;
}

/** What one server did in one window. */
interface Measured extends ViewerFigures {
  readonly cpuMsPerFrame: number;
  readonly bytesPerViewer: number;
}

interface Compared {
  readonly viewers: number;
  readonly earworm: Measured;
  readonly bare: Measured;
}

/** As the page's overview, with a chart in which the probes show. */
const overview: readonly Channel[] = [
  ...(["songs.hour", "songs.hot", "stats", "plays.recent", "dims.skips"] as const),
  ...(["dims.genre", "dims.platform", "dims.mood", "dims.country"] as const),
];

const warmUpMs = 5000;
const settleMs = 3000;

function listOf<T>(parse: (text: string) => T): (text: string) => readonly T[] {
  return (text) => text.split(",").map((item) => parse(item.trim()));
}

function channelOption(text: string): Channel {
  if (isChannel(text)) return text;
  throw new Error(`there is no channel ${text}`);
}

const options: Options = new Command("npm run fanout --")
  .description("Put to screen, CPU a message and memory a connection with many viewers.")
  .option(
    "--viewers <list>",
    "how many WebSocket clients, one run each",
    listOf(integerOption(1, 9000)),
    [1000, 5000],
  )
  .option("--seconds <n>", "how long each server is measured", integerOption(2, 3600), 20)
  .option("--tick <ms>", "the tick of both", integerOption(100, 60_000), 1000)
  .option("--rate <plays/s>", "simulated plays, beside those that are followed", positiveOption, 50)
  .option(
    "--channels <list>",
    "what each viewer subscribes to (default: as the page does); songs.hour is measured",
    listOf(channelOption),
    overview,
  )
  .option("--check", "exit 1 where put to screen misses its bound with 1,000 viewers", false)
  .parse()
  .opts();

const isOpened = (message: FromViewers): message is { kind: "opened" } => message.kind === "opened";
const isClosed = (message: FromViewers): message is { kind: "closed" } => message.kind === "closed";
const isFigures = (message: FromViewers): message is { kind: "figures" } & ViewerFigures =>
  message.kind === "figures";

/** CPU time of a process while we wait, ms. */
async function cpuWhile(pid: number, ms: number): Promise<number> {
  const before = cpuMsOf(pid);
  await pause(ms);
  return cpuMsOf(pid) - before;
}

/** Opens the viewers of a server, lets it run, and takes what it did without them off what it did with them. */
async function measure(
  pid: number,
  url: string,
  viewers: number,
  channels: readonly string[],
  crowd: Child<ToViewers, FromViewers>,
): Promise<Measured> {
  const windowMs = options.seconds * 1000;
  const aloneMs = await cpuWhile(pid, windowMs);
  const bytesAlone = residentBytesOf(pid);
  crowd.send({ kind: "open", url, viewers, channels });
  await crowd.hear(isOpened);
  await pause(settleMs);
  crowd.send({ kind: "measure" });
  const withThemMs = await cpuWhile(pid, windowMs);
  const bytesPerViewer = (residentBytesOf(pid) - bytesAlone) / viewers;
  crowd.send({ kind: "tell" });
  const figures = await crowd.hear(isFigures);
  crowd.send({ kind: "close" });
  await crowd.hear(isClosed);
  return { ...figures, cpuMsPerFrame: (withThemMs - aloneMs) / figures.frames, bytesPerViewer };
}

async function measureEarworm(viewers: number): Promise<Measured> {
  const dir = mkdtempSync(join(tmpdir(), "earworm-fanout-"));
  const args = ["--data-dir", dir, "--tick", String(options.tick), "--simulate", String(options.rate)];
  const server = await DevProcess.start(args);
  const crowd = new Child<ToViewers, FromViewers>("viewers.ts");
  const probe = new Probe(server.url, (put) => crowd.send({ kind: "put", ...put }));
  try {
    probe.start();
    await pause(warmUpMs);
    const url = `${server.url.replace("http", "ws")}/ws`;
    const measured = await measure(server.pid, url, viewers, options.channels, crowd);
    await probe.stop();
    return measured;
  } finally {
    await crowd.end();
    await server.end("SIGTERM");
    rmSync(dir, { recursive: true });
  }
}

/** @param bytes how long a frame is */
async function measureBare(viewers: number, bytes: number): Promise<Measured> {
  const server = new Child<never, { port: number }>("bare-server.ts", [String(options.tick), String(bytes)]);
  const { port } = await server.hear((message): message is { port: number } => "port" in message);
  const crowd = new Child<ToViewers, FromViewers>("viewers.ts");
  try {
    return await measure(server.pid, `ws://127.0.0.1:${port}`, viewers, [], crowd);
  } finally {
    await crowd.end();
    await server.end();
  }
}

const ms = (value: number): string => (Number.isNaN(value) ? "–" : value.toFixed(value < 10 ? 1 : 0));

function report(all: readonly Compared[]): void {
  const head = [
    "viewers",
    "server",
    "put to screen p50, p99 ms",
    "spread p50, p99 ms",
    "frames/s",
    "bytes/frame",
    "CPU us/frame",
    "KiB/viewer",
    "lost",
  ];
  const rows = all.flatMap(({ viewers, earworm, bare }) =>
    (
      [
        ["earworm", earworm],
        ["bare ws", bare],
      ] as const
    ).map(([name, figures]) => [
      String(viewers),
      name,
      name === "earworm" ? `${ms(figures.putToScreen.p50)}, ${ms(figures.putToScreen.p99)}` : "–",
      `${ms(figures.spread.p50)}, ${ms(figures.spread.p99)}`,
      (figures.frames / options.seconds).toFixed(0),
      (figures.bytes / figures.frames).toFixed(0),
      (figures.cpuMsPerFrame * 1000).toFixed(1),
      (figures.bytesPerViewer / 1024).toFixed(1),
      String(figures.lost),
    ]),
  );
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of [head, ...rows])
    console.log(
      row
        .map((cell, i) => (i === 1 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join("  "),
    );
  console.log(
    `tick ${options.tick} ms, ${options.rate} simulated plays/s and the probes, ${options.seconds} s each, Node ${process.version}`,
  );
  console.log(
    "spread: from the first viewer that has an update until the others do; CPU and memory without what the server needs alone",
  );
}

/** Half a tick until the next epoch, on average a whole one at worst, and what counting and sending may take. */
function boundsMissed({ viewers, earworm }: Compared): readonly string[] {
  if (viewers !== 1000) return [];
  const { p50, p99 } = earworm.putToScreen;
  const bounds = [
    { name: "p50", is: p50, most: options.tick / 2 + 100 },
    { name: "p99", is: p99, most: options.tick + 300 },
  ];
  return bounds
    .filter(({ is, most }) => !(is <= most))
    .map(
      ({ name, is, most }) =>
        `put to screen with ${viewers} viewers: ${name} ${ms(is)} ms, more than ${most} ms`,
    );
}

const all: Compared[] = [];
for (const viewers of options.viewers) {
  const earworm = await measureEarworm(viewers);
  const bare = await measureBare(viewers, Math.round(earworm.bytes / earworm.frames));
  all.push({ viewers, earworm, bare });
}
report(all);
const missed = options.check ? all.flatMap(boundsMissed) : [];
for (const line of missed) console.error(line);
if (missed.length > 0) process.exitCode = 1;
