import { type Command, Option } from "commander";
import type { AnalyzeOptions } from "./analysis.ts";
import { blockForms } from "./block-form.ts";
import { integerOption } from "./options.ts";

const examples = `
FILE is CSV (user_id,song_id,artist,duration,timestamp), NDJSON of play.v1 or of stream events, or a JSON array;
any of them may be gzip. - is standard input. The plays go through the same stream, consumer and workflow as live ones,
in a data directory that is thrown away.

Examples:
  earworm analyze data/stream_data.csv
  earworm analyze plays.ndjson.gz --out metrics.json --top 50 --users all
  earworm simulate --plays 100000 | earworm analyze -`;

/** `all` is everybody. */
function usersOption(text: string): number {
  return text === "all" ? Number.POSITIVE_INFINITY : integerOption(0)(text);
}

export function registerAnalyze(program: Command): void {
  program
    .command("analyze")
    .description("count, profile and recommend from a file of plays")
    .argument("<file>", "the file, or - for standard input")
    .option("--out <file>", "where the figures go as JSON", "results/run_metrics.json")
    .option("--top <n>", "how many songs and listeners are listed", integerOption(1, 500), 10)
    .option("--users <n|all>", "how many of the most active listeners are kept", usersOption, 1000)
    .option("--shards <n>", "shards of the stream", integerOption(1, 256), 1)
    .option("--tick <ms>", "how often an epoch may start", integerOption(10, 3_600_000), 60_000)
    .addOption(
      new Option("--blocks <form>", "how the plays travel through the stream")
        .choices(blockForms)
        .default("columnar"),
    )
    .addHelpText("after", examples)
    .action(async (file: string, options: AnalyzeOptions) => {
      const { analyze } = await import("./analysis.ts");
      await analyze(file, options);
    });
}
