import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const executable = join(import.meta.dirname, "../../bin/earworm.mjs");
const startDeadlineMs = 30_000;
const endDeadlineMs = 60_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a process is started. */
export interface Launch {
  /** A command that runs the command that follows it, in its own place. */
  readonly through?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

function spawnEarworm(args: readonly string[], { through = [], env = {} }: Launch = {}): ChildProcess {
  const [command = process.execPath, ...rest] = [...through, process.execPath, executable, ...args];
  return spawn(command, rest, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } });
}

/** Runs a command line as a process of its own, to its end, or until it is killed. */
export async function runEarworm(
  args: readonly string[],
  input: string | Buffer = "",
  launch?: Launch & { readonly killAfterMs?: number },
): Promise<Ended> {
  const child = spawnEarworm(args, launch);
  const { stdin, stdout, stderr } = child;
  if (!(stdin && stdout && stderr)) throw new Error("the process has no pipes");
  const deadline = setTimeout(() => child.kill("SIGKILL"), launch?.killAfterMs ?? endDeadlineMs);
  const ended = endOf(child);
  stdin.on("error", () => undefined); // it need not read its input to the end
  stdin.end(input);
  const [out, err, { code }] = await Promise.all([text(stdout), text(stderr), ended]);
  clearTimeout(deadline);
  return { code, stdout: out, stderr: err };
}

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

function endOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
}

/** `earworm dev` as a process of its own, on free ports. */
export class DevProcess {
  readonly url: string;
  readonly kinesisUrl: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<Exit>;
  readonly #stderr: () => string;
  readonly #stdout: () => string;

  private constructor(child: ChildProcess, ended: Promise<Exit>, stdout: () => string, stderr: () => string) {
    this.#child = child;
    this.#ended = ended;
    this.#stdout = stdout;
    this.#stderr = stderr;
    const greeting = stdout();
    this.url = addressIn(greeting, /page\s+(\S+)/);
    this.kinesisUrl = addressIn(greeting, /Kinesis\s+(http[^\s,]+)/);
  }

  /** Everything that was logged. */
  get stderr(): string {
    return this.#stderr();
  }

  /** Everything that was printed. */
  get stdout(): string {
    return this.#stdout();
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends a signal and does not wait. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves once it is ready for plays. */
  static async start(args: readonly string[], launch?: Launch): Promise<DevProcess> {
    const child = spawnEarworm(["dev", "--port", "0", "--kinesis-port", "0", ...args], launch);
    const ended = endOf(child);
    let stdout = "";
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
    });
    const greeted = new Promise<void>((resolve) => {
      child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
        stdout += chunk;
        if (stdout.includes("Ctrl-C ends it.")) resolve();
      });
    });
    const deadline = setTimeout(() => child.kill("SIGKILL"), startDeadlineMs);
    const first = await Promise.race([greeted, ended]);
    clearTimeout(deadline);
    if (first !== undefined) throw new Error(`earworm dev ended with ${first.code}: ${stdout}${stderr}`);
    return new DevProcess(
      child,
      ended,
      () => stdout,
      () => stderr,
    );
  }

  /** Sends a signal and resolves when the process has ended; at once where it has already. */
  async end(signal: NodeJS.Signals): Promise<Exit> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    return await this.#ended;
  }
}

function addressIn(greeting: string, pattern: RegExp): string {
  const address = pattern.exec(greeting)?.[1];
  if (address === undefined) throw new Error(`no address in the greeting: ${greeting}`);
  return address;
}
