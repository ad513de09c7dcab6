import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { registerAnalyze } from "./analyze.ts";
import { messageOf, UsageError } from "./cli-error.ts";
import { registerDev } from "./dev.ts";
import { registerForget } from "./forget.ts";
import { registerImport } from "./import.ts";
import { registerRejects } from "./rejects.ts";
import { registerReplay } from "./replay.ts";
import { registerSend } from "./send.ts";
import { registerSimulate } from "./simulate.ts";
import { registerToken } from "./token.ts";
import { registerTop } from "./top.ts";
import { registerTrace } from "./trace.ts";
import { registerVerify } from "./verify.ts";

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

/** The whole command line; nothing of it has run yet. */
function createProgram(): Command {
  const program = new Command("earworm")
    .description("What is everyone listening to right now, and what should this listener hear next?")
    .version(readVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", examples)
    .showHelpAfterError(false)
    .configureOutput({ outputError: (text, write) => write(`${errorLine(text)}\n`) })
    .exitOverride();
  registerDev(program);
  registerAnalyze(program);
  registerSimulate(program);
  registerSend(program);
  registerImport(program);
  registerToken(program);
  registerTop(program);
  registerTrace(program);
  registerRejects(program);
  registerForget(program);
  registerReplay(program);
  registerVerify(program);
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
    await createProgram().parseAsync([...args], { from: "user" });
    return typeof process.exitCode === "number" ? process.exitCode : 0;
  } catch (thrown) {
    return report(thrown);
  }
}
