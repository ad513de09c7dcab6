import { type Command, InvalidArgumentError } from "commander";
import type { EpochMs } from "#src/domain/play.ts";
import { driftOf } from "#src/domain/verification.ts";
import { parseIsoTime } from "#src/wire/iso-time.ts";
import { UsageError } from "./cli-error.ts";
import { type Target, withTarget } from "./target.ts";

interface VerifyCommandOptions extends Target {
  readonly against?: string;
  readonly archive?: string;
  readonly from?: EpochMs;
  readonly to?: EpochMs;
}

const examples = `
Recounts the archived records by code that shares nothing with what counted them, and compares counts, totals, profiles
and charts as of the last epoch. With --from or --to it compares only the hours, days and weeks that lie wholly between
them, and reads only what arrived for these. With FILE, a CSV of plays, it recounts that instead, without stream and stores, and
compares it with what earworm analyze wrote.

Examples:
  earworm verify                                        in .earworm/data, while earworm dev runs
  earworm verify --from 2026-11-20 --to 2026-11-21      one day
  earworm verify --stage dev                            with the region and credentials of the AWS SDK
  earworm verify --archive copy                         the archive is elsewhere
  earworm verify plays.csv --against results/run_metrics.json

Exit codes: 0 no drift, 1 drift or failed, 2 wrong usage.`;

function timeOption(text: string): EpochMs {
  const time = parseIsoTime(text);
  if (time !== undefined) return time as EpochMs;
  throw new InvalidArgumentError("Expected a time such as 2026-11-20 or 2026-11-20T14:00Z.");
}

export function registerVerify(program: Command): void {
  withTarget(program.command("verify"))
    .description("recount the archive and compare every total, profile and chart; or a file")
    .argument("[file]", "a CSV of plays that earworm analyze counted")
    .option("--against <json>", "what analyze wrote of FILE (default: the recount is printed)")
    .option("--from <time>", "only windows from then on (no zone is UTC)", timeOption)
    .option("--to <time>", "only windows up to then", timeOption)
    .option("--archive <dir>", "a directory with the archive (default: the target's own)")
    .addHelpText("after", examples)
    .action((file: string | undefined, options: VerifyCommandOptions) =>
      file === undefined ? verify(options) : verifyPlays(file, options),
    );
}

async function verifyPlays(file: string, options: VerifyCommandOptions): Promise<void> {
  const { against, from, to, archive, stage } = options;
  if ([from, to, archive, stage].some((option) => option !== undefined))
    throw new UsageError("of FILE there is no --from, --to, --archive and --stage");
  const { recountFile, verifyFile } = await import("./verify/verify-file.ts");
  if (against === undefined) {
    for (const line of await recountFile(file)) console.log(line);
    return;
  }
  const { lines, drift } = await verifyFile(file, against);
  for (const line of lines) console.log(line);
  if (drift > 0) process.exitCode = 1;
}

async function verify({ from, to, against, ...options }: VerifyCommandOptions): Promise<void> {
  if (against !== undefined) throw new UsageError("--against compares a FILE");
  if (from !== undefined && to !== undefined && from >= to) throw new UsageError("--from is not before --to");
  const { verifyDataDir } = await import("./verify/verify-data-dir.ts");
  const { verifyStage } = await import("./verify/verify-stage.ts");
  const { reportLines } = await import("./verify/verify-report.ts");
  const { stage, ...target } = options;
  const asked = { ...target, from, to };
  const verification =
    stage === undefined ? await verifyDataDir(asked) : await verifyStage({ ...asked, stage });
  for (const line of reportLines(verification)) console.log(line);
  if (driftOf(verification) > 0) process.exitCode = 1;
}
