import { type Command, InvalidArgumentError } from "commander";
import type { EpochMs } from "#src/domain/play.ts";
import { isRejectId, type Reject, type RejectId, type RejectSummary } from "#src/domain/reject.ts";
import { formatIsoTime } from "#src/wire/iso-time.ts";
import { formatDay, parseDay, textOfRaw } from "#src/wire/reject-view.ts";
import { CliError } from "./cli-error.ts";
import { type MarkedTargetOptions, withMarkedTargetOptions } from "./marked-target.ts";
import { integerOption } from "./options.ts";
import { counted, formatCount } from "./progress.ts";
import { eachReject } from "./rejects/each-reject.ts";
import { exportRejects } from "./rejects/export-rejects.ts";
import { withNewFiles } from "./rejects/line-file.ts";
import { withRejects } from "./rejects/open-rejects.ts";
import { type Target, withTarget } from "./target.ts";

interface DayOptions extends Target {
  /** Undefined for today. */
  readonly day?: EpochMs;
  readonly reason?: string;
}

interface ListOptions extends DayOptions {
  readonly limit: number;
}

interface ShowOptions extends Target {
  readonly raw?: true;
}

interface ExportOptions extends DayOptions {
  readonly out: string;
  readonly reasons?: string;
}

const shownByDefault = 20;
const mostShown = 100_000;

const examples = `
A reject is a record, or a line of a block, that is no play. Rejects are kept once an epoch has counted their segment.

Examples:
  earworm rejects list                                  today's (UTC), in .earworm/data, while earworm dev runs
  earworm rejects list --day 2026-11-20 --reason rating --stage prod
  earworm rejects show 0mwp03shc-7c3e5d9a1f20-00000
  earworm rejects export --out fix.ndjson               and why in fix.ndjson.reasons
  earworm rejects replay fix.ndjson                     once the lines are corrected; again changes nothing`;

function dayOption(text: string): EpochMs {
  const day = parseDay(text);
  if (day !== undefined) return day;
  throw new InvalidArgumentError("Expected a date such as 2026-11-20.");
}

function idArgument(text: string): RejectId {
  if (isRejectId(text)) return text;
  throw new InvalidArgumentError("Expected an id as earworm rejects list shows it.");
}

const today = (): EpochMs => Date.now() as EpochMs;

async function list({ day = today(), reason, limit, ...target }: ListOptions): Promise<void> {
  await withRejects(target, async (rejects) => {
    const counts = await rejects.counts(day);
    const total = counts.reduce((sum, { count }) => sum + count, 0);
    if (total === 0) {
      console.error(`no rejects on ${formatDay(day)}`);
      return;
    }
    console.log(`${formatDay(day)}: ${counted(total, "reject")}`);
    for (const { reason: common, count } of counts)
      console.log(`${formatCount(count).padStart(9)}  ${common}`);
    console.log("");
    let shown = 0;
    for await (const reject of eachReject(rejects, { day, reason })) {
      if (shown === limit) {
        console.log("there are more: --limit shows them, --reason narrows them down");
        return;
      }
      console.log(lineOf(reject));
      shown += 1;
    }
    if (shown === 0) console.error(`no reason of these holds ${JSON.stringify(reason)}`);
  });
}

/** Tabs between the columns: a reason holds spaces. What it quotes was made printable when it was given. */
const lineOf = ({ id, arrivedAt, reason }: RejectSummary): string =>
  [id, formatIsoTime(arrivedAt), reason].join("\t");

async function show(id: RejectId, { raw: isRaw, ...target }: ShowOptions): Promise<void> {
  const reject = await withRejects(target, (rejects) => rejects.read(id));
  if (reject === undefined) throw new CliError(`there is no reject ${id}`);
  if (isRaw) process.stdout.write(reject.raw);
  else for (const line of linesOf(reject)) console.log(line);
}

function linesOf({
  id,
  arrivedAt,
  shard,
  sequenceNumber,
  entry,
  reason,
  raw,
  isComplete,
}: Reject): readonly string[] {
  const text = textOfRaw(raw);
  const rest = isComplete ? "" : ", the rest comes with the next epoch";
  const encoding = text === undefined ? ", no text, in base64" : "";
  return [
    `id       ${id}`,
    `arrived  ${formatIsoTime(arrivedAt)}`,
    `record   ${shard} ${sequenceNumber}, entry ${entry}`,
    `reason   ${reason}`,
    `raw      ${counted(raw.length, "byte")}${encoding}${rest}`,
    ...(raw.length === 0 ? [] : [text?.trimEnd() ?? Buffer.from(raw).toString("base64")]),
  ];
}

async function runExport({ day = today(), reason, out, reasons, ...target }: ExportOptions): Promise<void> {
  const reasonsPath = reasons ?? `${out}.reasons`;
  const exported = await withRejects(target, (rejects) =>
    withNewFiles(out, reasonsPath, (...files) => exportRejects(rejects, { day, reason }, ...files)),
  );
  const { lines, leftOut, incomplete } = exported;
  if (lines + leftOut + incomplete === 0) {
    console.error(
      `no rejects on ${formatDay(day)}${reason === undefined ? "" : " with this reason"}: no file is made`,
    );
    return;
  }
  console.log(`${counted(lines, "reject")} of ${formatDay(day)} in ${out}, why in ${reasonsPath}`);
  if (leftOut > 0)
    console.log(
      `${formatCount(leftOut)} ${leftOut === 1 ? "is" : "are"} no line of text: only in ${reasonsPath}, in base64`,
    );
  if (incomplete > 0)
    console.log(
      `${formatCount(incomplete)} ${incomplete === 1 ? "is" : "are"} not complete yet: export again after the next epoch`,
    );
}

const withDay = (command: Command): Command =>
  withTarget(command)
    .option("--day <date>", "the UTC day of their arrival (default: today)", dayOption)
    .option("--reason <text>", "only those whose reason holds this text");

export function registerRejects(program: Command): void {
  const rejects = program
    .command("rejects")
    .description("look at what was sent and is no play")
    .addHelpText("after", examples);
  withDay(rejects.command("list"))
    .description("count a day's rejects by reason, and list the first: id, arrival, reason")
    .option("--limit <n>", "how many to list", integerOption(1, mostShown), shownByDefault)
    .action(list);
  withTarget(rejects.command("show"))
    .description("print one reject with its raw record")
    .argument("<id>", "as list shows it", idArgument)
    .option("--raw", "the record's bytes alone, as they came")
    .action(show);
  withDay(rejects.command("export"))
    .description("write a day's raw records to a file, a line each, to be corrected")
    .requiredOption("--out <file>", "a new file for the records")
    .option("--reasons <file>", "a new file for the reasons, JSON lines (default: <out>.reasons)")
    .action(runExport);
  withMarkedTargetOptions(rejects.command("replay"))
    .description("send corrected records again; each counts once, however often it is sent")
    .argument("<file>", "as export wrote it, with its lines corrected")
    .action(async (file: string, options: MarkedTargetOptions) => {
      const { replayRejects } = await import("./rejects/replay-rejects.ts");
      await replayRejects(file, options);
    });
}
