import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, release, totalmem, type as typeOfSystem } from "node:os";

/** Where and when something was measured. */
export interface Stamp {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly node: string;
  readonly os: string;
  /** ISO 8601. */
  readonly at: string;
  /** Of the code, `+` where files differ from it; empty outside of a repository. */
  readonly commit: string;
}

export const stampNow = (): Stamp => ({
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  cores: availableParallelism(),
  memoryGb: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  os: `${typeOfSystem()} ${release()}`,
  at: new Date().toISOString(),
  commit: commit(),
});

export const machineOf = ({ cpu, cores, memoryGb, node, os }: Stamp): string =>
  `${cpu}, ${cores} cores, ${memoryGb} GB, Node ${node}, ${os}`;

function commit(): string {
  try {
    const hash = git("rev-parse", "--short", "HEAD");
    return git("status", "--porcelain", "--untracked-files=no") === "" ? hash : `${hash}+`;
  } catch {
    return ""; // a copy without its history, or no git
  }
}

const git = (...args: readonly string[]): string =>
  execFileSync("git", args, {
    cwd: import.meta.dirname,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
