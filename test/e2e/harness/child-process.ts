import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { text } from "node:stream/consumers";

export interface CommandResult {
  /** null: it was killed, after `timeoutMs` or from outside. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly timeoutMs: number;
}

/** Process groups under way, which end with this process however it ends. */
const groups = new Set<number>();
process.once("exit", () => {
  for (const group of groups) signalGroup(group, "SIGKILL");
});

/** Starts a process that leads a group of its own, so that its children can be ended with it. */
export function spawnGroup(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(command, args, { ...options, detached: true });
  const { pid } = child;
  if (pid !== undefined) {
    groups.add(pid);
    // The group may outlive its leader for a moment; what is left of it goes as well.
    child.once("exit", () => {
      signalGroup(pid, "SIGKILL");
      groups.delete(pid);
    });
  }
  return child;
}

/** Signals a process and its children; one that is gone is none of our business. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: it has ended.
  }
}

/**
 * Runs a command to its end.
 *
 * @throws Error where it cannot be started: ENOENT for a command that does not exist
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  { timeoutMs, ...options }: CommandOptions,
): Promise<CommandResult> {
  const child = spawnGroup(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const { stdout, stderr } = child;
  if (!(stdout && stderr)) throw new Error(`${command} has no pipes`);
  const deadline = setTimeout(() => {
    if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
  }, timeoutMs);
  try {
    const [out, err, code] = await Promise.all([text(stdout), text(stderr), exitOf(child)]);
    return { code, stdout: out, stderr: err };
  } finally {
    clearTimeout(deadline);
  }
}

export function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve(child.exitCode);
    child.once("error", reject);
    child.once("exit", resolve);
  });
}
