import type { Command } from "commander";
import type { EpochMs } from "#src/domain/play.ts";
import { CliError } from "./cli-error.ts";
import { whileWaiting } from "./idle.ts";
import { endpointOption } from "./options.ts";
import { readPlayFile } from "./play-file.ts";
import type { PlayFileEntry } from "./play-file-decoder.ts";
import { defaultEndpoint, defaultStream, openPlayStream, PlaySender } from "./play-sender.ts";
import { counted, ProgressBar } from "./progress.ts";
import { RejectList } from "./reject-list.ts";

interface SendOptions {
  readonly to: string;
  readonly stream: string;
}

/** After this time without input, plays that wait for a full block are sent; a pipe may be slow, ms. */
const idleMs = 500;

const examples = `
FILE is CSV (user_id,song_id,artist,duration,timestamp), NDJSON of play.v1 or of stream events, or a JSON array;
any of them may be gzip. - is standard input.

Examples:
  earworm send plays.csv
  earworm send plays.ndjson.gz --to http://127.0.0.1:4567 --stream plays
  earworm simulate --plays 1000 | earworm send -
  earworm send plays.csv --to aws --stream my-stream    with the region and credentials of the AWS SDK`;

/** The entry's play into the sender, or its reason into the list; how many plays that makes. */
function take(entry: PlayFileEntry, sender: PlaySender, rejects: RejectList): number {
  if ("rejection" in entry) {
    rejects.add(entry.line, entry.rejection);
    return 0;
  }
  sender.add(entry.play);
  return 1;
}

async function send(path: string, options: SendOptions): Promise<void> {
  const sender = new PlaySender(await openPlayStream(options.to, options.stream));
  const rejects = new RejectList(path);
  const bar = new ProgressBar();
  let plays = 0;
  let broken: CliError | undefined;
  const entries = readPlayFile(path, {
    arrivedAt: () => Date.now() as EpochMs,
    onProgress: (done, total) => bar.update({ done, total, plays }),
    onBreak: (error) => {
      broken = error;
    },
  });
  try {
    for await (const batch of whileWaiting(entries, idleMs, () => sender.flush())) {
      for (const entry of batch) plays += take(entry, sender, rejects);
      await sender.send();
    }
    await sender.flush();
  } finally {
    if (path === "-") process.stdin.destroy(); // or a failed run would wait for its end
    bar.clear();
    for (const line of rejects.report()) console.error(line);
  }
  if (plays === 0) throw new CliError(`no play in ${path}, ${counted(rejects.count, "line")} rejected`);
  console.log(`sent ${counted(plays, "play")}, rejected ${counted(rejects.count, "line")}`);
  if (broken !== undefined) throw broken;
}

export function registerSend(program: Command): void {
  program
    .command("send")
    .description("send a file of plays to a stream")
    .argument("<file>", "the file, or - for standard input")
    .option("--to <url>", "the Kinesis endpoint, or aws", endpointOption, defaultEndpoint)
    .option("--stream <name>", "the stream", defaultStream)
    .addHelpText("after", examples)
    .action(send);
}
