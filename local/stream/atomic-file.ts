import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Replaces a small file such that a reader, also after a power cut, finds either the old or the new text.
 *
 * @throws Error naming the file; it is then as before
 */
export function writeFileAtomically(path: string, text: string): void {
  const temporary = `${path}.tmp`;
  try {
    const fd = openSync(temporary, "w");
    try {
      writeFileSync(fd, text); // all of it: `writeSync` may stop in the middle where the disk becomes full
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw new Error(`${path} cannot be written: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
  syncDirectory(dirname(path));
}

/** Makes the names in a directory survive a power cut. */
export function syncDirectory(dir: string): void {
  const fd = openSync(dir, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
