import { Command, InvalidArgumentError, Option } from "commander";
import { durationOption, endpointOption, integerOption, positiveOption } from "#cli/options.ts";
import { usualTickMs } from "#local/usual-ticks.ts";
import { type ProfileName, profileNames, profileShapes } from "./rate-profile.ts";

export interface LoadCommand {
  readonly profile: ProfileName;
  readonly rate: number;
  /** ms */
  readonly duration: number;
  readonly endpoint?: string;
  readonly stream: string;
  readonly api?: string;
  readonly ws?: string;
  readonly shards: number;
  readonly tick: number;
  /** ms */
  readonly dedupeHorizon: number;
  readonly users: number;
  readonly songs: number;
  readonly seed: number;
  readonly connections: number;
  /** ms */
  readonly timeout: number;
  readonly maxErrorRate: number;
  readonly maxP95: number;
  readonly maxLag?: number;
  readonly maxMemoryGrowth?: number;
  readonly maxCpuRatio?: number;
  readonly out: string;
  readonly cpuProfile?: string;
}

function shareOption(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError("Expected a share from 0 to 1, such as 0.001.");
}

function addressOption(...protocols: readonly string[]): (text: string) => string {
  return (text) => {
    if (protocols.includes(URL.parse(text)?.protocol ?? "")) return text.replace(/\/$/, "");
    throw new InvalidArgumentError(`Expected an address that begins with ${protocols.join("// or ")}//.`);
  };
}

const shapes = profileNames.map((name) => `  ${name.padEnd(6)} ${profileShapes[name]}`).join("\n");

const help = `
Profiles:
${shapes}

Examples:
  npm run load -- --profile ramp --rate 5000
  npm run load -- --profile soak --rate 20000 --duration 5m --max-memory-growth 1 --max-cpu-ratio 10.5
  npm run load -- --profile spike --endpoint aws --stream my-stream --api https://… --ws wss://… --max-lag 10000

Exit codes: 0 every threshold is met, 1 one is missed, or the target cannot be reached, 2 wrong usage.`;

const ofEmbedded = [
  "shards",
  "tick",
  "dedupeHorizon",
  "maxMemoryGrowth",
  "maxCpuRatio",
  "cpuProfile",
] as const;

/** The command line; Commander throws a `CommanderError` for what is no use of it. */
export function parseLoadCommand(args: readonly string[]): LoadCommand {
  const command = new Command("npm run load --")
    .description("Puts invented plays at a rate that no target slows down, and says what became of them.")
    .addOption(
      new Option("--profile <name>", "how the rate goes").choices(profileNames).makeOptionMandatory(),
    )
    .option("--rate <plays/s>", "the highest", positiveOption, 1000)
    .option("--duration <time>", "how long", durationOption, 60_000)
    .option(
      "--endpoint <url>",
      "a Kinesis API, or aws (default: an embedded runtime of its own)",
      endpointOption,
    )
    .option("--stream <name>", "its stream", "plays")
    .option("--api <url>", "the endpoint's HTTP API, for the lag", addressOption("http:", "https:"))
    .option("--ws <url>", "the endpoint's WebSocket, for put to pushed", addressOption("ws:", "wss:"))
    .option("--shards <n>", "of the embedded runtime", integerOption(1, 256), 1)
    .option("--tick <ms>", "of the embedded runtime", integerOption(10, 3_600_000), usualTickMs)
    .option("--dedupe-horizon <time>", "of the embedded runtime", durationOption, 60_000)
    .option("--users <n>", "listeners", integerOption(64, 10_000_000), 10_000)
    .option("--songs <n>", "songs, by Zipf's law", integerOption(1, 10_000_000), 10_000)
    .option(
      "--seed <n>",
      "the same seed gives the same listeners and songs",
      integerOption(0, 0xffff_ffff),
      1,
    )
    .option("--connections <n>", "requests under way at once", integerOption(1, 1000), 16)
    .option("--timeout <time>", "an answer that takes longer is an error", durationOption, 30_000)
    .option("--max-error-rate <share>", "plays that fail or are dropped", shareOption, 0)
    .option("--max-p95 <ms>", "put to acknowledged", positiveOption, 500)
    .option("--max-lag <ms>", "put and not consumed (default: the tick)", positiveOption)
    .option("--max-memory-growth <%>", "a minute, after the first horizon", positiveOption)
    .option(
      "--max-cpu-ratio <n>",
      "runs a tenth of the rate as well: CPU as a multiple of its",
      positiveOption,
    )
    .option("--out <path>", "the report: a page and JSON", "results/load")
    .option("--cpu-profile <file>", "write one of the embedded runtime")
    .addHelpText("after", help)
    .exitOverride()
    .parse([...args], { from: "user" });
  checkTogether(command);
  return command.opts();
}

/** What belongs to one kind of target only is a mistake with the other. */
function checkTogether(command: Command): void {
  const { endpoint, api, ws, maxLag } = command.opts<LoadCommand>();
  const fail = (message: string): never => command.error(`error: ${message}`, { exitCode: 2 });
  if (endpoint === undefined) {
    if (api !== undefined || ws !== undefined) fail("--api and --ws go with --endpoint");
    return;
  }
  const foreign = ofEmbedded.find((name) => command.getOptionValueSource(name) === "cli");
  if (foreign !== undefined) fail(`${flagOf(foreign)} goes with the embedded runtime, not with --endpoint`);
  if (maxLag !== undefined && api === undefined) fail("--max-lag needs --api");
}

const flagOf = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
