import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./child-process.ts";
import { E2eError, MissingToolError } from "./e2e-error.ts";

const repository = join(import.meta.dirname, "../../..");
/** MiniStack's and the AWS CLI's versions, and those of all they need. */
const requirements = join(import.meta.dirname, "../ministack/requirements.txt");

const venvTimeoutMs = 120_000;
const installTimeoutMs = 600_000;

/** A virtual environment of Python that holds MiniStack and the AWS CLI. */
export interface PythonTools {
  readonly python: string;
  readonly folder: string;
}

/** The pinned version of MiniStack. */
export function miniStackVersion(): string {
  const version = /^ministack==(\S+)/m.exec(readFileSync(requirements, "utf8"))?.[1];
  if (version === undefined) throw new Error(`${requirements} pins no ministack`);
  return version;
}

/** Where the environment is, whether it is installed yet or not. */
export const pythonToolsFolder = (): string => join(repository, ".cache", `ministack-${miniStackVersion()}`);

/**
 * Installs the environment unless it is there already, in which case no network is needed.
 *
 * @param basePython what makes the environment
 * @throws MissingToolError where there is no usable Python
 * @throws E2eError where the packages cannot be installed
 */
export async function installPythonTools(
  folder: string = pythonToolsFolder(),
  basePython: string = process.env["EARWORM_PYTHON"] ?? "python3",
): Promise<PythonTools> {
  const tools = { python: join(folder, "bin", "python"), folder };
  const mark = join(folder, ".installed");
  const wanted = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  if (existsSync(mark) && existsSync(tools.python) && readFileSync(mark, "utf8") === wanted) return tools;

  await checkPython(basePython);
  console.log(`installing MiniStack ${miniStackVersion()} into ${folder}`);
  rmSync(folder, { recursive: true, force: true }); // an attempt that was cut short
  mkdirSync(folder, { recursive: true });
  await createEnvironment(basePython, folder);
  await installPackages(tools.python);
  writeFileSync(mark, wanted);
  return tools;
}

async function checkPython(python: string): Promise<void> {
  const help = "install Python 3.10 or later (apt-get install python3-venv), or set AWS_ENDPOINT_URL";
  const asked = await run(python, ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"], 20_000).catch(
    (cause: unknown) => {
      throw new MissingToolError(`MiniStack needs Python, and there is no ${python} in the PATH: ${help}`, {
        cause,
      });
    },
  );
  const [major, minor] = asked.stdout.trim().split(".").map(Number);
  if (asked.code === 0 && major === 3 && minor !== undefined && minor >= 10) return;
  throw new MissingToolError(
    `MiniStack needs Python 3.10, ${python} is ${asked.stdout.trim() || "broken"}: ${help}`,
  );
}

async function createEnvironment(python: string, folder: string): Promise<void> {
  const made = await run(python, ["-m", "venv", folder], venvTimeoutMs);
  if (made.code === 0) return;
  rmSync(folder, { recursive: true, force: true });
  const output = made.stdout + made.stderr;
  if (/ensurepip|No module named venv/.test(output)) {
    throw new MissingToolError(
      `${python} cannot make virtual environments, Debian keeps that in a package of its own: apt-get install python3-venv`,
    );
  }
  throw new E2eError(`${python} -m venv ${folder} failed: ${lastLineOf(output)}`);
}

async function installPackages(python: string): Promise<void> {
  const flags = ["--quiet", "--disable-pip-version-check", "--no-input", "--only-binary", ":all:"];
  const args = ["-m", "pip", "install", ...flags, "--require-hashes", "--requirement", requirements];
  const installed = await run(python, args, installTimeoutMs);
  if (installed.code === 0) return;
  const output = installed.stdout + installed.stderr;
  const reason = output.split("\n").find((line) => line.startsWith("ERROR:")) ?? lastLineOf(output);
  throw new E2eError(`pip could not install MiniStack ${miniStackVersion()}: ${reason}`);
}

const run = (command: string, args: readonly string[], timeoutMs: number) =>
  runCommand(command, args, { env: process.env, timeoutMs });

const lastLineOf = (output: string): string => output.trim().split("\n").at(-1) ?? "";
