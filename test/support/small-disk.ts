import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Launch } from "./earworm-process.ts";

/** Mounts a file system that only this process and those that enter its namespace see, and holds it until its input ends. */
const script = 'mount -t tmpfs -o "size=$1" tmpfs "$2" && echo mounted && exec cat >&2';
const filler = "filler";
const chunkBytes = 1024 * 1024;
const help =
  "needs unshare and nsenter (util-linux), and user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0) or root";

/** A file system of a given size, for processes that are started on it. */
export class SmallDisk {
  readonly #holder: ChildProcess;
  readonly #path: string;

  private constructor(holder: ChildProcess, dir: string) {
    this.#holder = holder;
    this.#path = `/proc/${holder.pid}/root${dir}`;
  }

  /**
   * @param dir an empty directory; processes started with `launch` find the file system there
   * @throws Error saying what the machine lacks
   */
  static async create(dir: string, megabytes: number): Promise<SmallDisk> {
    const args = ["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", `${megabytes}m`, dir];
    const holder = spawn("unshare", args, { stdio: ["pipe", "pipe", "pipe"] });
    const failure = Promise.race([text(holder.stderr), once(holder, "error").then(String)]);
    const mounted = once(holder.stdout, "data").then(() => undefined);
    const problem = await Promise.race([mounted, failure]);
    if (problem !== undefined) throw new Error(`no file system of a given size: ${help}: ${problem.trim()}`);
    return new SmallDisk(holder, dir);
  }

  /** Starts a process on it. */
  get launch(): Launch {
    const target = `--target=${this.#holder.pid}`;
    return { through: ["nsenter", "--preserve-credentials", "--user", "--mount", target] };
  }

  /** Takes all room but so many bytes, whatever others take in the meantime. */
  fill(leave: number): void {
    const file = openSync(join(this.#path, filler), "a");
    try {
      for (let left = this.#free() - leave; left > 0; left = this.#free() - leave) {
        writeSync(file, Buffer.alloc(Math.min(left, chunkBytes)));
      }
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    } finally {
      closeSync(file);
    }
  }

  /** Gives back what `fill` took. */
  clear(): void {
    rmSync(join(this.#path, filler), { force: true });
  }

  /** Once its processes have ended, the file system is gone. */
  async end(): Promise<void> {
    const ended = once(this.#holder, "close");
    this.#holder.stdin?.end();
    await ended;
  }

  #free(): number {
    const { bavail, bsize } = statfsSync(this.#path);
    return bavail * bsize;
  }
}
