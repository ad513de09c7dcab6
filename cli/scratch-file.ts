import { randomUUID } from "node:crypto";
import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CliError, messageOf } from "./cli-error.ts";

/** A file for what memory need not hold. It has no name once it is open, so that nothing is left of it however the process ends. */
export class ScratchFile {
  #fd: number | undefined;
  #size = 0;

  /** Writes bytes behind the others; returns where. @throws CliError naming the directory */
  append(bytes: Uint8Array): number {
    const start = this.#size;
    try {
      this.#fd ??= openNameless();
      for (let done = 0; done < bytes.length; )
        done += writeSync(this.#fd, bytes, done, bytes.length - done, start + done);
    } catch (cause) {
      throw new CliError(`no temporary file can be written in ${tmpdir()}: ${messageOf(cause)}`, { cause });
    }
    this.#size += bytes.length;
    return start;
  }

  /** Fills `target` with what was written from `start` on. */
  read(start: number, target: Uint8Array): void {
    if (this.#fd === undefined) throw new RangeError("a temporary file is read before it is written");
    for (let done = 0; done < target.length; ) {
      const read = readSync(this.#fd, target, done, target.length - done, start + done);
      if (read === 0) throw new RangeError(`a temporary file ends at ${start + done}`);
      done += read;
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    this.#size = 0;
  }
}

function openNameless(): number {
  const path = join(tmpdir(), `earworm-${randomUUID()}`);
  const fd = openSync(path, "wx+", 0o600);
  rmSync(path);
  return fd;
}
