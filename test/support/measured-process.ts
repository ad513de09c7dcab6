import { spawn } from "node:child_process";
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

/**
 * Runs Node with these arguments (its own options, a script, and the script's) to its end.
 *
 * @throws Error where it ends with another code than 0; what it said on standard error is there already
 */
export async function measureNode(args: readonly string[]): Promise<Measured> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ["--import", meter, ...args], {
    stdio: ["ignore", "pipe", "inherit", "pipe"],
  });
  const [, stdoutPipe, , usagePipe] = child.stdio;
  if (!(stdoutPipe && usagePipe && "readable" in usagePipe)) throw new Error("the child has no pipes");
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const [stdout, usage, code] = await Promise.all([
    text(stdoutPipe),
    text(usagePipe as NodeJS.ReadableStream),
    ended,
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
