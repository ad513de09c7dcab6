/**
 * A client that follows charts by push, through dropped connections, and holds each version against what the HTTP API says;
 * then everything that is stored against a recount. Exit code 1 on any difference, or where deltas are not worth it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Command } from "commander";
import { integerOption, positiveOption } from "#cli/options.ts";
import { PushClient } from "#src/client/push-client.ts";
import { utf8Length } from "#src/wire/play-codec.ts";
import {
  type ChartChannel,
  type ChartSnapshot,
  encodeChartSnapshot,
  type ServerMessage,
  topicOf,
} from "#src/wire/push-protocol.ts";
import { DevProcess, runEarworm } from "#test/support/earworm-process.ts";
import { ChartWatch } from "./chart-watch.ts";
import { DroppingSockets } from "./dropping-sockets.ts";

interface Options {
  readonly minutes: number;
  readonly rate: number;
  readonly tick: number;
}

const options: Options = new Command("npm run soak --")
  .description("Follows charts by push and compares every version with the HTTP API.")
  .option("--minutes <n>", "how long", positiveOption, 10)
  .option("--rate <plays/s>", "simulated plays", positiveOption, 50)
  .option("--tick <ms>", "the tick", integerOption(100, 60_000), 1000)
  .parse()
  .opts();

const followed: readonly ChartChannel[] = [
  ...(["songs.hot", "songs.hot24", "songs.rising", "songs.hour", "songs.day", "songs.all"] as const),
  ...(["artists.hot", "artists.rising", "artists.week"] as const),
  ...(["dims.genre", "dims.mood", "dims.country", "dims.platform"] as const),
];

/** Connections are cut this often. */
const dropEveryMs = 20_000;
/** How long the client may take to hold the version that the API has. */
const catchUpMs = 15_000;
const retryMs = 20;
/** Of the bytes of the snapshots in whose place they are sent (docs/protocol.md). */
const mostDeltaShare = 0.25;
const shownDifferences = 20;

/** What was compared and sent. */
class Tally {
  compared = 0;
  readonly differences: string[] = [];
  deltas = 0;
  deltaBytes = 0;
  /** Of the versions that the deltas led to. */
  snapshotBytes = 0;
  snapshots = 0;

  countDelta(delta: ServerMessage, held: ChartSnapshot): void {
    this.deltas += 1;
    this.deltaBytes += utf8Length(JSON.stringify(delta));
    const { type: _type, ...snapshot } = held;
    this.snapshotBytes += utf8Length(encodeChartSnapshot(snapshot));
  }

  get deltaShare(): number {
    return this.deltaBytes / this.snapshotBytes;
  }
}

function chartUrl(url: string, channel: ChartChannel): string {
  const topic = topicOf(channel);
  if (topic.kind !== "chart") throw new Error(`${channel} is no chart`);
  return `${url}/charts/${topic.list}?window=${topic.window}`;
}

/** Compares until the client holds what the API has; a client that never does has a gap. */
async function compareOne(watch: ChartWatch, channel: ChartChannel, tally: Tally): Promise<void> {
  const deadline = performance.now() + catchUpMs;
  for (;;) {
    const outcome = await watch.compare();
    if (outcome.kind === "equal") {
      tally.compared += 1;
      return;
    }
    if (outcome.kind === "different") {
      tally.differences.push(`${channel} ${outcome.what}`);
      return;
    }
    if (performance.now() > deadline) {
      tally.differences.push(`${channel}: not the API's version within ${catchUpMs} ms`);
      return;
    }
    await pause(retryMs);
  }
}

async function follow(server: DevProcess, tally: Tally): Promise<DroppingSockets> {
  const sockets = new DroppingSockets();
  let last: ServerMessage | undefined;
  const client = new PushClient({
    url: `${server.url.replace("http", "ws")}/ws`,
    WebSocket: sockets.WebSocket,
    onError: ({ message }) => tally.differences.push(`refused: ${message}`),
    onMessage(message) {
      last = message;
      if (message.type === "snapshot") tally.snapshots += 1;
    },
  });
  const watches = followed.map((channel) => {
    const watch = new ChartWatch(chartUrl(server.url, channel));
    client.subscribe(channel, (held) => {
      watch.note(held);
      if (last?.type === "delta" && last.channel === channel) tally.countDelta(last, held);
    });
    return { channel, watch };
  });
  client.start();
  const drops = setInterval(() => sockets.drop(), dropEveryMs);
  const end = performance.now() + options.minutes * 60_000;
  while (performance.now() < end) {
    const startedAt = performance.now();
    await Promise.all(watches.map(({ channel, watch }) => compareOne(watch, channel, tally)));
    await pause(Math.max(0, options.tick - (performance.now() - startedAt)));
  }
  clearInterval(drops);
  client.close();
  return sockets;
}

const dir = mkdtempSync(join(tmpdir(), "earworm-soak-"));
const server = await DevProcess.start([
  ...["--data-dir", dir, "--tick", String(options.tick), "--simulate", String(options.rate)],
]);
try {
  const tally = new Tally();
  const { drops } = await follow(server, tally);
  await server.end("SIGTERM");
  const verification = await runEarworm(["verify", "--data-dir", dir]);
  console.log(
    `${options.minutes} min at ${options.rate} plays/s and a tick of ${options.tick} ms: ${tally.compared} charts equal to the HTTP API's, ${tally.differences.length} not, through ${drops} dropped connections`,
  );
  console.log(
    `${tally.deltas} deltas of ${(tally.deltaBytes / tally.deltas).toFixed(0)} bytes in the place of snapshots of ${(tally.snapshotBytes / tally.deltas).toFixed(0)}: ${(tally.deltaShare * 100).toFixed(1)} % of the bytes; ${tally.snapshots} snapshots`,
  );
  console.log(verification.stdout.trim().split("\n").at(-1) ?? verification.stderr.trim());
  for (const difference of tally.differences.slice(0, shownDifferences)) console.error(difference);
  if (!(tally.deltaShare <= mostDeltaShare))
    console.error(`deltas take more than ${mostDeltaShare * 100} % of the bytes`);
  const isGood = tally.differences.length === 0 && tally.compared > 0 && tally.deltaShare <= mostDeltaShare;
  if (!isGood || verification.code !== 0) process.exitCode = 1;
} finally {
  await server.end("SIGKILL");
  rmSync(dir, { recursive: true });
}
