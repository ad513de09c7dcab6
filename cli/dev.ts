import { setTimeout as pause } from "node:timers/promises";
import { type Command, Option } from "commander";
import { usualProfileTickMs, usualTickMs } from "#local/usual-ticks.ts";
import { CliError } from "./cli-error.ts";
import { durationOption, integerOption, positiveOption } from "./options.ts";

interface DevOptions {
  readonly port: number;
  readonly kinesisPort: number;
  readonly dataDir: string;
  readonly shards: number;
  readonly tick: number;
  readonly profileTick: number;
  readonly simulate?: number;
  readonly fsync: boolean;
  readonly requireToken: boolean;
  readonly archive: boolean;
  readonly archiveDays?: number;
  /** ms */
  readonly connectionLife?: number;
  readonly verbose: boolean;
}

const examples = `
Examples:
  earworm dev                              the page on http://127.0.0.1:8080, Kinesis on http://127.0.0.1:4567
  earworm dev --simulate 50 --data-dir .earworm/demo
  earworm dev --port 9090 --kinesis-port 5567 --data-dir /tmp/earworm --shards 4`;

const maxPort = 65_535;
/** How long what is under way may take once the process is asked to end, ms. */
const longestEndMs = 4000;

export function registerDev(program: Command): void {
  program
    .command("dev")
    .description("run everything on this machine: stream, consumer, workflow, charts, page")
    .option("--port <n>", "HTTP, WebSocket and the page", integerOption(0, maxPort), 8080)
    .option("--kinesis-port <n>", "the Kinesis protocol", integerOption(0, maxPort), 4567)
    .option("--data-dir <dir>", "where everything is kept", ".earworm/data")
    .option("--shards <n>", "shards of a new data directory", integerOption(1, 256), 1)
    .option(
      "--tick <ms>",
      "how often charts are brought up to date while plays arrive",
      integerOption(10, 3_600_000),
      usualTickMs,
    )
    .option(
      "--profile-tick <ms>",
      "how often listeners' profiles are; 0 for with every tick",
      integerOption(0, 3_600_000),
      usualProfileTickMs,
    )
    .option("--simulate <plays/s>", "invent plays at this rate", positiveOption)
    .option("--fsync", "acknowledge a play only once it is on the disk", false)
    .option("--require-token", "listeners' data and POST /plays take a token, as on AWS", false)
    .option("--no-archive", "do not archive the plays as they arrived")
    .addOption(
      new Option("--archive-days <n>", "delete archived hours that are older (default: none are)")
        .argParser(integerOption(1, 36_500))
        .conflicts("archive"),
    )
    .option(
      "--connection-life <time>",
      "end each WebSocket connection after so long, as AWS does after 2h (default: never)",
      durationOption,
    )
    .option("--verbose", "log every epoch", false)
    .addHelpText("after", examples)
    .action(dev);
}

async function dev(options: DevOptions): Promise<void> {
  const { ConsoleLogger } = await import("#local/console-logger.ts");
  const { Runtime } = await import("#local/runtime.ts");
  const { buildPage } = await import("#local/http/built-page.ts");
  buildPage().catch(() => undefined); // ahead of who opens it, who is told where it fails
  const runtime = await Runtime.start({
    ...options,
    tickMs: options.tick,
    profileTickMs: options.profileTick,
    ...(options.connectionLife !== undefined && { connectionLifeMs: options.connectionLife }),
    simulate: options.simulate ?? 0,
    logger: new ConsoleLogger(options.verbose ? "info" : "warn"),
  }).catch((cause: Error) => {
    throw new CliError(cause.message, { cause });
  });
  const [first, second] = signals(); // whoever has read the greeting may send one
  console.log(greeting(options, runtime));
  const signal = await first;
  console.log(`${signal}: finishing what is under way`);
  const interruption = await interruptionOf(runtime.close(), second);
  if (interruption === undefined) return;
  // What is acknowledged is in the stream, and what is half done is done again: kill -9 would be safe as well.
  console.log(`${interruption}: the rest is done at the next start`);
  process.exit(0);
}

/** Why the end of the runtime is not waited for any longer; undefined where it has come. */
async function interruptionOf(
  end: Promise<void>,
  signal: Promise<NodeJS.Signals>,
): Promise<string | undefined> {
  const timer = new AbortController();
  const limit = pause(longestEndMs, `not finished within ${longestEndMs / 1000} s`, { signal: timer.signal });
  limit.catch(() => undefined); // it is aborted
  try {
    return await Promise.race([end.then(() => undefined), signal, limit]);
  } finally {
    timer.abort();
  }
}

function greeting(
  { simulate, dataDir }: DevOptions,
  { port, kinesisPort }: { readonly port: number; readonly kinesisPort: number },
): string {
  const play = {
    event_id: `hello-${Math.floor(Date.now() / 1000)}`,
    user_id: "me",
    track: { artist: "Coldplay", title: "Yellow", duration_ms: 266_000 },
    started_at: new Date().toISOString(),
  };
  return `earworm is running; data in ${dataDir}${simulate === undefined ? "" : `, ${simulate} invented plays/s`}

  page       http://127.0.0.1:${port}
  charts     http://127.0.0.1:${port}/charts/songs?window=hot
  WebSocket  ws://127.0.0.1:${port}/ws
  Kinesis    http://127.0.0.1:${kinesisPort}, stream plays

Send a play (again: a duplicate):

  AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local aws kinesis put-record \\
    --endpoint-url http://127.0.0.1:${kinesisPort} --region us-east-1 --stream-name plays --partition-key me \\
    --cli-binary-format raw-in-base64-out --data '${JSON.stringify(play)}'

Ctrl-C ends it.`;
}

/** The first two signals to end. Both are listened to from now on: one that nobody listens to ends the process where it is. */
function signals(): readonly [first: Promise<NodeJS.Signals>, second: Promise<NodeJS.Signals>] {
  const [first, second] = [Promise.withResolvers<NodeJS.Signals>(), Promise.withResolvers<NodeJS.Signals>()];
  let next = first;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, (signal) => {
      next.resolve(signal);
      next = second;
    });
  }
  return [first.promise, second.promise];
}
