import { type Command, InvalidArgumentError } from "commander";
import type { EpochMs } from "#src/domain/play.ts";
import { CliError } from "./cli-error.ts";
import { withDataDir } from "./data-dir-stores.ts";
import { durationOption } from "./options.ts";
import { type Target, withTarget } from "./target.ts";
import type { Trace, TraceSource } from "./trace/trace-event.ts";

interface TraceOptions extends Target {
  /** ms */
  readonly within: number;
  readonly json: boolean;
}

const examples = `
Shows when a play was received, when it was in a segment, which epoch counted it, when that one's charts were published
and when they were pushed; or that it was counted before. It reads segments, which are kept for days; it changes nothing.

Examples:
  earworm trace hello-1795185000                        in .earworm/data, while earworm dev runs
  earworm trace hello-1795185000 --data-dir .earworm/demo --within 24h
  earworm trace hello-1795185000 --stage dev --json     with the region and credentials of the AWS SDK`;

function eventIdArgument(text: string): string {
  if (/^[\w.:-]{1,128}$/.test(text)) return text;
  throw new InvalidArgumentError("Expected 1 to 128 letters, digits, dots, colons, hyphens or underscores.");
}

export function registerTrace(program: Command): void {
  withTarget(program.command("trace"))
    .description("follow one play through the system")
    .argument("<event-id>", "the play's event_id", eventIdArgument)
    .option(
      "--within <time>",
      "how far back to look, by arrival, such as 90s, 1h, 7d",
      durationOption,
      3_600_000,
    )
    .option("--json", "JSON instead of a table", false)
    .addHelpText("after", examples)
    .action(trace);
}

async function trace(eventId: string, options: TraceOptions): Promise<void> {
  const { withStage } = await import("./trace/open-source.ts");
  const { traceEvent } = await import("./trace/trace-event.ts");
  const { reportJson, reportLines } = await import("./trace/trace-report.ts");
  const since = (Date.now() - options.within) as EpochMs;
  const work = (source: TraceSource) => traceEvent(source, eventId, since);
  const { stage, dataDir } = options;
  const found = stage === undefined ? await withDataDir(dataDir, work) : await withStage(stage, work);
  if (found.arrivals.length === 0) throw new CliError(notFound(found, since, stage ?? dataDir));
  console.log(options.json ? JSON.stringify(reportJson(found), undefined, 2) : reportLines(found).join("\n"));
}

function notFound({ eventId, shards }: Trace, since: EpochMs, where: string): string {
  const segments = shards.reduce((sum, shard) => sum + shard.segments, 0);
  const named = shards.slice(0, 3).map(({ shard }) => shard);
  const others = shards.length - named.length;
  const list = named.length === 0 ? "" : ` (${named.join(", ")}${others > 0 ? `, ${others} more` : ""})`;
  return (
    `no event ${eventId} in ${where}: searched ${segments} segments of ${shards.length} shards${list} ` +
    `for arrivals since ${new Date(since).toISOString()}; --within looks further back`
  );
}
