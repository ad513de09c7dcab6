import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type CommandResult, runCommand } from "./child-process.ts";
import { E2eError } from "./e2e-error.ts";
import { emptyArchive } from "./empty-archive.ts";
import { environmentFor, type Target } from "./target.ts";

const repository = join(import.meta.dirname, "../../..");
/** The pinned CLI, as npm installed it. */
const cli = join(repository, "node_modules/aws-cdk/bin/cdk");

const timeoutMs = 1_800_000; // AWS itself takes its time

/** Values of `-c name=value`. */
export type CdkContext = Readonly<Record<string, string | number>>;

export interface CdkRun {
  /** Everything it said: both streams, because it writes its progress to standard error. */
  readonly output: string;
  readonly seconds: number;
}

/** The unmodified CDK command line, for one target. Its files go into a folder of its own. */
export class Cdk {
  readonly #target: Target;
  readonly #folder: string;
  #runs = 0;

  /** @param folder where what it synthesizes goes */
  constructor(target: Target, folder: string) {
    this.#target = target;
    this.#folder = folder;
  }

  bootstrap(): Promise<CdkRun> {
    const { region } = this.#target;
    // Without an account it takes the credentials' one, which it can only do when no app tells it the environments.
    return this.#mustRun(["bootstrap", ...this.context({}), "--region", region]);
  }

  /** Deploys all stacks and returns their outputs by name. */
  async deploy(
    context: CdkContext,
  ): Promise<CdkRun & { readonly outputs: Readonly<Record<string, string>> }> {
    const file = join(this.#folder, `outputs-${this.#runs}.json`);
    const args = ["deploy", "--all", "--require-approval", "never", "--outputs-file", file];
    const run = await this.#mustRun([...args, ...this.context(context)]);
    return { ...run, outputs: readOutputs(file) };
  }

  /** Destroys all stacks, and what is in the archive. */
  async destroy(context: CdkContext): Promise<CdkRun> {
    await emptyArchive(this.#target.stage);
    return await this.#mustRun(["destroy", "--all", "--force", ...this.context(context)]);
  }

  /** Runs any command line. */
  async run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
    this.#runs += 1;
    const output = join(this.#folder, `cdk.out-${this.#runs}`);
    mkdirSync(output, { recursive: true });
    const inherited = environmentFor(this.#target);
    return await runCommand(process.execPath, [cli, ...args, "--output", output, "--no-color"], {
      cwd: repository,
      // The app's `node` is found in the PATH: let it be this one.
      env: {
        ...inherited,
        PATH: `${dirname(process.execPath)}:${inherited["PATH"] ?? ""}`,
        CI: "true",
        ...env,
      },
      timeoutMs,
    });
  }

  async #mustRun(args: readonly string[]): Promise<CdkRun> {
    const startedAt = performance.now();
    const { code, stdout, stderr } = await this.run(args);
    const output = stdout + stderr;
    if (code !== 0) {
      const problem = cdkProblem(output);
      if (!problem.isKnown) console.error(output);
      throw new E2eError(`cdk ${args[0]} failed: ${problem.line}`);
    }
    return { output, seconds: Math.round((performance.now() - startedAt) / 100) / 10 };
  }

  /** The context as the command line takes it. */
  context(context: CdkContext): string[] {
    const values = Object.entries({ stage: this.#target.stage, ...context });
    return values.flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  }
}

/** The stacks of a deploy's output, and whether it changed them. */
export function stacksIn(output: string): readonly { readonly name: string; readonly hasChanged: boolean }[] {
  const lines = output.matchAll(/✅\s+(\S+)(.*)/g);
  return [...lines].map(([, name = "", rest = ""]) => ({ name, hasChanged: !rest.includes("(no changes)") }));
}

function readOutputs(file: string): Readonly<Record<string, string>> {
  const stacks: Record<string, Record<string, string>> = JSON.parse(readFileSync(file, "utf8"));
  return Object.assign({}, ...Object.values(stacks));
}

const knownProblems: readonly (readonly [RegExp, string])[] = [
  [
    /Has the environment been bootstrapped|\/cdk-bootstrap\/\S+ not found/i,
    "the account and region are not bootstrapped: run cdk bootstrap first",
  ],
  [
    /ExpiredToken|security token included in the request is expired/i,
    "the session token has expired: sign in again (aws sso login, or new AWS_SESSION_TOKEN)",
  ],
  [
    /Unable to resolve AWS account|Need to perform AWS calls|no credentials have been configured/i,
    "there are no credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
  ],
  [/ECONNREFUSED/, "nothing listens at the endpoint"],
];

/** The one line that says what to do, or at least what the CLI's output is about. */
export function cdkProblem(output: string): { readonly line: string; readonly isKnown: boolean } {
  const known = knownProblems.find(([pattern]) => pattern.test(output));
  if (known !== undefined) return { line: known[1], isKnown: true };
  const lines = output.trim().split("\n");
  const telling = lines.find((line) => /❌|\berror:|invalid settings/i.test(line)) ?? lines.at(-1) ?? "";
  return { line: telling.replace("❌", "").trim(), isKnown: /invalid settings/.test(telling) };
}
