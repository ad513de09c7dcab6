import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import type { UserId } from "#src/domain/play.ts";
import { isUserId } from "#src/domain/user-id.ts";
import { CliError, UsageError } from "./cli-error.ts";
import type { Forgotten } from "./forget/forget-listener.ts";
import { counted } from "./progress.ts";
import { type Target, withTarget } from "./target.ts";

interface ForgetOptions extends Target {
  readonly yes?: true;
}

const examples = `
Removes what is kept of a listener, for good: the profile, recent plays, tokens, rejects and the rows of the archive. All
totals and charts become what they would be without the listener. It takes an archive that goes back to the first play.
A data directory must not be in use; a deployment goes on. Copies that expire by themselves are in docs/security.md.

Examples:
  earworm forget ann --yes
  earworm forget ann --yes --stage prod`;

function userArgument(text: string): UserId {
  if (isUserId(text)) return text;
  throw new InvalidArgumentError("Expected a listener's id of 1 to 128 characters.");
}

async function forget(userId: UserId, { yes, stage, dataDir }: ForgetOptions): Promise<void> {
  if (yes === undefined) throw new UsageError("this cannot be undone; say --yes to forget the listener");
  const forgotten =
    stage === undefined
      ? await (await import("./forget/forget-in-data-dir.ts")).forgetInDataDir(dataDir, userId)
      : await (await import("./forget/forget-on-stage.ts")).forgetOnStage(stage, userId);
  if (forgotten === undefined) throw new CliError(`nothing is known of listener ${JSON.stringify(userId)}`);
  console.log(report(forgotten));
}

const report = ({ epoch, plays, rejects, counters, objects, tokens }: Forgotten): string =>
  [
    `forgotten: ${counted(plays, "play")} and ${counted(rejects, "reject")}, ${counted(tokens, "token")} revoked`,
    epoch === undefined
      ? "nothing else was left"
      : `epoch ${epoch} corrected ${counted(counters, "total")}; ${counted(objects, "file")} of the archive rewritten`,
  ].join("\n");

export function registerForget(program: Command): void {
  withTarget(program.command("forget"))
    .description("remove a listener from everything that is kept")
    .argument("<user>", "the listener's id", userArgument)
    .option("--yes", "confirm that the listener is to be forgotten: it cannot be undone")
    .addHelpText("after", examples)
    .action(forget);
}
