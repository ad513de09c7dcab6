import type { Command } from "commander";
import { integerOption } from "./options.ts";
import type { ReplayOptions } from "./replay-archive.ts";

const examples = `
ARCHIVE is the archive directory of earworm dev, or a copy of a deployment's bucket (aws s3 sync). DIR is a new data
directory, for earworm dev --data-dir. Every record arrives anew at the time at which it arrived, so that duplicates, windows
and charts come out as they were. With one shard an id that came under two partition keys counts once; --shards as many
as the original had keeps it at two. What was erased stays away; tokens and the import ledger are not in an archive.

Examples:
  earworm replay .earworm/data/archive --into .earworm/rebuilt
  aws s3 sync s3://<ArchiveBucketName> archive && earworm replay archive --into .earworm/prod`;

export function registerReplay(program: Command): void {
  program
    .command("replay")
    .description("rebuild a data directory from an archive")
    .argument("<archive>", "the archive's directory")
    .requiredOption("--into <dir>", "the data directory to make; it must not exist, or be empty")
    .option("--shards <n>", "shards of its stream", integerOption(1, 256), 1)
    .addHelpText("after", examples)
    .action(async (archive: string, options: ReplayOptions) => {
      const { replayArchive } = await import("./replay-archive.ts");
      await replayArchive(archive, options);
    });
}
