import { basename } from "node:path";
import type { Command } from "commander";
import type { FileImport } from "#src/domain/file-import.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { formatIsoTime } from "#src/wire/iso-time.ts";
import { CliError } from "./cli-error.ts";
import type { MarkedTargetOptions } from "./marked-target.ts";
import { withMarkedTargetOptions } from "./marked-target.ts";

const examples = `
FILE is CSV (user_id,song_id,artist,duration,timestamp), NDJSON of play.v1 or of stream events, or a JSON array;
any of them may be gzip. It is read twice, so it is no pipe and not -. A play that counted already, however long ago, does
not count again: its id is looked for in the archive. The same file is not imported twice, whatever its name is by then.

Examples:
  earworm import history.csv.gz                         into the earworm dev on .earworm/data
  earworm import history.ndjson --data-dir .earworm/demo --to http://127.0.0.1:5567
  earworm import history.csv --stage prod               with the region and credentials of the AWS SDK`;

/** Rejected lines that are listed. */
const mostListed = 10;

async function importFile(path: string, options: MarkedTargetOptions): Promise<void> {
  const { withMarkedTarget } = await import("./marked-target.ts");
  const { assertTwiceReadable, figuresLine, MarkedFile } = await import("./marked-file.ts");
  assertTwiceReadable(path);
  await withMarkedTarget(options, async ({ imports, ...target }) => {
    const file = new MarkedFile(path, target, { asRecords: false, mostListed });
    const sha256 = await file.survey();
    const earlier = await imports.find(sha256);
    if (earlier?.finished !== undefined)
      throw new CliError(refusal(path, earlier, figuresLine(earlier.finished)));
    if (earlier !== undefined) {
      console.error(`going on with the import of ${formatIsoTime(earlier.startedAt)}, which did not end`);
    }
    await imports.begin({ sha256, name: basename(path), startedAt: Date.now() as EpochMs });
    const figures = await file.send();
    console.log(figuresLine(figures));
    file.assertWhole(); // else the import stays unfinished: the same file may come again, mended or not
    await imports.finish(sha256, { ...figures, at: Date.now() as EpochMs });
  });
}

function refusal(path: string, { name, finished }: FileImport, figures: string): string {
  const when = finished === undefined ? "" : ` at ${formatIsoTime(finished.at)}`;
  return `${path} was imported${when} as ${JSON.stringify(name)}: ${figures}`;
}

export function registerImport(program: Command): void {
  withMarkedTargetOptions(program.command("import"))
    .description("load a file of plays into a running earworm, each play once")
    .argument("<file>", "the file")
    .addHelpText("after", examples)
    .action(importFile);
}
