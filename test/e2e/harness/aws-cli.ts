import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type CommandResult, runCommand } from "./child-process.ts";
import { pythonToolsFolder } from "./python-tools.ts";
import { environmentFor, type Target } from "./target.ts";

const timeoutMs = 60_000;

export const howToGetAwsCli =
  "there is no AWS CLI: apt-get install awscli, or run the suite once without AWS_ENDPOINT_URL, which installs one";

/** An AWS CLI of this machine. */
export interface AwsCli {
  readonly path: string;
  readonly version: string;
}

/** The first of version 2, or else of any; undefined where there is none. */
export async function findAwsCli(): Promise<AwsCli | undefined> {
  const folders = [
    "/usr/bin",
    ...(process.env["PATH"] ?? "").split(delimiter),
    join(pythonToolsFolder(), "bin"),
  ];
  const found: AwsCli[] = [];
  for (const path of new Set(folders.map((folder) => join(folder, "aws")))) {
    if (!existsSync(path)) continue;
    const version = await versionOf(path);
    if (version?.startsWith("2.")) return { path, version };
    if (version !== undefined) found.push({ path, version });
  }
  return found[0];
}

async function versionOf(path: string): Promise<string | undefined> {
  const told = await runCommand(path, ["--version"], { env: process.env, timeoutMs }).catch(() => undefined);
  return /aws-cli\/(\S+)/.exec(`${told?.stdout}${told?.stderr}`)?.[1];
}

/** The AWS CLI, for one target. It finds the endpoint in its environment, as it would anybody's. */
export class AwsCommands {
  readonly #target: Target;
  readonly #cli: AwsCli;

  constructor(target: Target, cli: AwsCli) {
    this.#target = target;
    this.#cli = cli;
  }

  /** Runs a command line and returns what it answered. Throws where it fails, with what it said. */
  async json<Answer = unknown>(...args: readonly string[]): Promise<Answer> {
    const { code, stdout, stderr } = await this.run(...args);
    if (code !== 0) throw new Error(`aws ${args.slice(0, 2).join(" ")} failed: ${stderr.trim()}`);
    return (stdout.trim() === "" ? {} : JSON.parse(stdout)) as Answer;
  }

  /** Runs a command line to its end, whichever that is. */
  run(...args: readonly string[]): Promise<CommandResult> {
    return this.runAs({}, ...args);
  }

  /** The same with other variables in its environment. */
  async runAs(env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<CommandResult> {
    const { endpoint } = this.#target;
    // Version 2 before 2.13 and version 1 before 1.29 do not read AWS_ENDPOINT_URL.
    const place = endpoint === undefined ? [] : ["--endpoint-url", endpoint];
    return await runCommand(this.#cli.path, ["--output", "json", ...place, ...args], {
      env: { ...environmentFor(this.#target), ...env },
      timeoutMs,
    });
  }

  /** Version 1 takes `--data` as it is, version 2 has to be told so. */
  get rawData(): readonly string[] {
    return this.#cli.version.startsWith("1.") ? [] : ["--cli-binary-format", "raw-in-base64-out"];
  }
}
