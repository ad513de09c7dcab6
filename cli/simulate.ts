import { setTimeout as sleep } from "node:timers/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { EpochMs, Play } from "#src/domain/play.ts";
import { parseIsoTime } from "#src/wire/iso-time.ts";
import { endpointOption, integerOption, positiveOption } from "./options.ts";
import { defaultStream, openPlayStream, PlaySender } from "./play-sender.ts";
import { outOption, PlayWriter } from "./play-writer.ts";
import { formatCount, ProgressBar } from "./progress.ts";

interface SimulateOptions {
  readonly plays: number;
  readonly rate?: number;
  readonly from?: EpochMs;
  readonly seed: number;
  readonly users: number;
  readonly songs: number;
  readonly out?: string;
  readonly to?: string;
  readonly stream: string;
}

/** Where invented plays go. */
interface PlaySink {
  take(play: Play): Promise<void>;
  /** Hands over what was taken so far. */
  flush(): Promise<void>;
  end(): Promise<void>;
}

const defaultRate = 50;
/** A paced run makes the plays of this time at once, ms. */
const beatMs = 100;
/** How long a play takes, roughly, s: so many times the rate listen at once. */
const secondsPerPlay = 200;

const examples = `
Without --rate the plays are made as fast as possible; the last one starts now, ${defaultRate} a second before it.
With --from they start at a given time, and the same seed gives the same file.

Examples:
  earworm simulate --plays 1000                                     NDJSON to standard output
  earworm simulate --plays 1000000 --seed 7 --out plays.csv.gz
  earworm simulate --plays 500 --from 2026-11-20T18:00Z --out plays.ndjson
  earworm simulate --plays 60000 --rate 100 --to http://127.0.0.1:4567 --stream plays`;

function timeOption(text: string): EpochMs {
  const time = parseIsoTime(text);
  if (time === undefined) throw new InvalidArgumentError("Expected a time such as 2026-11-20T18:00:00Z.");
  return time as EpochMs;
}

async function openSink(options: SimulateOptions): Promise<PlaySink> {
  if (options.to === undefined) {
    const writer = new PlayWriter(options.out);
    return { take: (play) => writer.write(play), flush: () => writer.flush(), end: () => writer.end() };
  }
  const sender = new PlaySender(await openPlayStream(options.to, options.stream));
  const take = (play: Play): Promise<void> => {
    sender.add(play);
    return sender.send();
  };
  return { take, flush: () => sender.flush(), end: () => sender.flush() };
}

type NextPlay = (at: EpochMs) => Play;
type OnPlays = (plays: number) => void;

/** All plays at once, spread over the time from `from` on. */
async function runAtOnce(
  next: NextPlay,
  from: number,
  options: SimulateOptions,
  sink: PlaySink,
  onPlays: OnPlays,
) {
  const stepMs = 1000 / (options.rate ?? defaultRate);
  for (let i = 0; i < options.plays; i++) {
    await sink.take(next(Math.floor(from + i * stepMs) as EpochMs));
    if (i % 1000 === 0) onPlays(i);
  }
}

/** Each play when it is due. */
async function runPaced(
  next: NextPlay,
  rate: number,
  plays: number,
  sink: PlaySink,
  onPlays: OnPlays,
): Promise<void> {
  const startedAt = performance.now();
  for (let made = 0; made < plays; ) {
    const due = Math.min(plays, Math.floor(((performance.now() - startedAt) * rate) / 1000) + 1);
    if (due > made) {
      for (; made < due; made++) await sink.take(next(Date.now() as EpochMs));
      await sink.flush();
      onPlays(made);
    }
    if (made < plays) await sleep(Math.max(beatMs, Math.min(1000 / rate, 1000)));
  }
}

async function simulate(options: SimulateOptions): Promise<void> {
  const { createSimulator } = await import("#simulator/simulator.ts");
  const { plays, rate, seed, users, songs } = options;
  const listening = Math.max(1, Math.ceil((rate ?? defaultRate) * secondsPerPlay));
  const simulator = createSimulator({ seed, users, songs, listening });
  const sink = await openSink(options);
  const next: NextPlay = (at) => simulator.next(at);
  const bar = new ProgressBar();
  const onPlays: OnPlays = (made) => bar.update({ done: made, total: plays, plays: made });
  try {
    if (rate !== undefined && options.from === undefined) await runPaced(next, rate, plays, sink, onPlays);
    else {
      const from = options.from ?? Date.now() - (plays * 1000) / defaultRate;
      await runAtOnce(next, from, options, sink, onPlays);
    }
    await sink.end();
  } finally {
    bar.clear();
  }
  const where = options.to ?? options.out;
  if (where !== undefined) console.error(`${formatCount(plays)} plays to ${where}`);
}

export function registerSimulate(program: Command): void {
  program
    .command("simulate")
    .description("invent plays: to a file, to standard output or to a stream")
    .requiredOption("--plays <n>", "how many plays", integerOption(1))
    .option("--rate <n>", "plays a second, in real time (with --from: of simulated time)", positiveOption)
    .option("--from <time>", "when the first play starts, ISO 8601", timeOption)
    .option(
      "--seed <n>",
      "the same seed gives the same listeners, songs and plays",
      integerOption(0, 0xffff_ffff),
      1,
    )
    .option("--users <n>", "how many listeners", integerOption(1, 10_000_000), 10_000)
    .option("--songs <n>", "how many songs", integerOption(1, 10_000_000), 10_000)
    .addOption(
      new Option("--out <file>", "write to a file: .csv, .ndjson, or one of them with .gz")
        .argParser(outOption)
        .conflicts("to"),
    )
    .option("--to <url>", "send to a Kinesis endpoint, or aws", endpointOption)
    .option("--stream <name>", "the stream", defaultStream)
    .addHelpText("after", examples)
    .action(simulate);
}
