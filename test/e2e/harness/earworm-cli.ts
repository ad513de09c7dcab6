import { type Ended, runEarworm } from "#test/support/earworm-process.ts";
import { E2eError } from "./e2e-error.ts";

/** A token that opens parts of the deployed API. */
export interface IssuedToken {
  /** What is sent. */
  readonly text: string;
  /** What it is revoked by. */
  readonly id: string;
}

/** Creates a token with the command line, as an operator would. The environment must lead to the target. */
export async function createToken(stage: string, ...whose: readonly string[]): Promise<IssuedToken> {
  const args = ["token", "create", ...whose, "--label", "e2e", "--days", "1", "--stage", stage];
  const { stdout, stderr } = await mustRun(args);
  const id = /^token (\w+) /m.exec(stderr)?.[1];
  if (id === undefined) throw new Error(`earworm token create does not say the token's id: ${stderr}`);
  return { text: stdout.trim(), id };
}

export async function revokeToken(stage: string, { id }: IssuedToken): Promise<void> {
  await mustRun(["token", "revoke", id, "--stage", stage]);
}

async function mustRun(args: readonly string[]): Promise<Ended> {
  const ended = await runEarworm(args);
  if (ended.code !== 0)
    throw new E2eError(`earworm ${args.slice(0, 2).join(" ")} failed: ${ended.stderr.trim()}`);
  return ended;
}
