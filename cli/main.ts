import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { messageOf, UsageError } from "./cli-error.ts";

/** What registers each command: of a run that names one, only that is loaded (a third of the CPU time of a start). */
const commands = new Map<string, () => Promise<(program: Command) => void>>([
  ["dev", async () => (await import("./dev.ts")).registerDev],
  ["analyze", async () => (await import("./analyze.ts")).registerAnalyze],
  ["simulate", async () => (await import("./simulate.ts")).registerSimulate],
  ["send", async () => (await import("./send.ts")).registerSend],
  ["import", async () => (await import("./import.ts")).registerImport],
  ["token", async () => (await import("./token.ts")).registerToken],
  ["top", async () => (await import("./top.ts")).registerTop],
  ["trace", async () => (await import("./trace.ts")).registerTrace],
  ["rejects", async () => (await import("./rejects.ts")).registerRejects],
  ["forget", async () => (await import("./forget.ts")).registerForget],
  ["replay", async () => (await import("./replay.ts")).registerReplay],
  ["verify", async () => (await import("./verify.ts")).registerVerify],
]);

const failed = 1;
const wrongUsage = 2;

const examples = `
Examples:
  earworm dev --simulate 50            run everything on this machine, with 50 invented plays a second
  earworm analyze plays.csv            charts and recommendations from a file
  earworm simulate --plays 1000        invented plays as NDJSON
  earworm send plays.ndjson.gz         send a file to a running earworm
  earworm import history.csv           load a file once, however often you try
  earworm top                          a live chart in the terminal
  earworm trace hello-1795185000       follow one play through segment, epoch, charts and push
  earworm rejects list                 what was sent today and is no play, and why
  earworm verify                       recount the archive and compare every total, profile and chart
  earworm replay ARCHIVE --into DIR    rebuild a data directory from its archive
  earworm forget ann --yes             remove a listener from every total, chart and the archive

Exit codes: 0 done, 1 failed, 2 wrong usage. EARWORM_DEBUG=1 shows where an unexpected error came from.`;

function readVersion(): string {
  const json: { version: string } = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8"),
  );
  return json.version;
}

/** Commander puts its suggestion on a line of its own, and repeats what it does not know: it may be a token. */
const errorLine = (text: string): string =>
  text
    .trim()
    .replace(/\s*\n\s*/g, " ")
    .replace(/\bew_[\w-]{43}/g, "ew_...");

/** The command line, with the command that is named or all of them; nothing of it has run yet. */
async function createProgram(named: string | undefined): Promise<Command> {
  const program = new Command("earworm")
    .description("What is everyone listening to right now, and what should this listener hear next?")
    .version(readVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", examples)
    .showHelpAfterError(false)
    .configureOutput({ outputError: (text, write) => write(`${errorLine(text)}\n`) })
    .exitOverride();
  const one = commands.get(named ?? "");
  for (const load of one === undefined ? commands.values() : [one]) (await load())(program);
  return program;
}

/** Says what went wrong, unless Commander has said it already, and returns the exit code. */
function report(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : wrongUsage;
  console.error(`error: ${messageOf(thrown)}`);
  if (process.env["EARWORM_DEBUG"] === "1") console.error(thrown);
  return thrown instanceof UsageError ? wrongUsage : failed;
}

/** Runs a command line (without node and script) and returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0); // whoever read our output has seen enough
  });
  try {
    const program = await createProgram(args[0]);
    await program.parseAsync([...args], { from: "user" });
    return typeof process.exitCode === "number" ? process.exitCode : 0;
  } catch (thrown) {
    return report(thrown);
  }
}
