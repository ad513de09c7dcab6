import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Writable } from "node:stream";
import { text } from "node:stream/consumers";

/** What a process of its own used, from its start to its end. */
export interface Measured {
  readonly stdout: string;
  readonly seconds: number;
  /** All its threads. */
  readonly cpuSeconds: { readonly user: number; readonly system: number };
  /** The most memory that was resident at a time, bytes. */
  readonly peakBytes: number;
}

/**
 * Makes a child tell what it used, on its file descriptor 3, when it ends; works where there is no /usr/bin/time. The peak is
 * VmHWM where there is one: `maxRSS` of a child begins with what its parent held when it was forked (getrusage(2), Linux).
 */
const meter = `data:text/javascript,${encodeURIComponent(`
  import { readFileSync, writeSync } from "node:fs";
  import { isMainThread } from "node:worker_threads";
  function peakKilobytes() {
    try {
      return Number(/^VmHWM:\\s+(\\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
    } catch {
      return process.resourceUsage().maxRSS;
    }
  }
  if (isMainThread) process.once("exit", () => {
    const { userCPUTime, systemCPUTime } = process.resourceUsage();
    writeSync(3, JSON.stringify({ userCPUTime, systemCPUTime, peakKilobytes: peakKilobytes() }));
  });
`)}`;

/** The most memory that was resident in a running process so far, bytes; undefined where nobody knows. */
export function peakSoFar(pid: number): number | undefined {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

/**
 * Runs Node with these arguments (its own options, a script, and the script's) to its end.
 *
 * @param feed writes what the process reads on its standard input, and ends it
 * @throws Error where it ends with another code than 0; what it said on standard error is there already
 */
export async function measureNode(
  args: readonly string[],
  feed?: (stdin: Writable, pid: number) => Promise<void>,
): Promise<Measured> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ["--import", meter, ...args], {
    stdio: [feed === undefined ? "ignore" : "pipe", "pipe", "inherit", "pipe"],
  });
  const [stdin, stdoutPipe, , usagePipe] = child.stdio;
  if (!(stdoutPipe && usagePipe && "readable" in usagePipe)) throw new Error("the child has no pipes");
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const [stdout, usage, code] = await Promise.all([
    text(stdoutPipe),
    text(usagePipe as NodeJS.ReadableStream),
    ended,
    stdin && feed?.(stdin, child.pid ?? 0),
  ]);
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}`);
  const { userCPUTime, systemCPUTime, peakKilobytes } = JSON.parse(usage);
  return {
    stdout,
    seconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: { user: userCPUTime / 1e6, system: systemCPUTime / 1e6 },
    peakBytes: peakKilobytes * 1024,
  };
}
