import { type FileHandle, open, rm } from "node:fs/promises";
import { CliError, messageOf } from "../cli-error.ts";

/** Only for its owner: rejects may hold listeners' data. */
const mode = 0o600;

/** A new file that is written line by line. */
export class LineFile {
  readonly #file: FileHandle;
  readonly #path: string;
  /** How many lines it has. */
  lines = 0;

  private constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /** @throws CliError where the file exists (somebody may have corrected it) or cannot be created */
  static async create(path: string): Promise<LineFile> {
    try {
      return new LineFile(await open(path, "wx", mode), path);
    } catch (cause) {
      const isThere = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
      if (isThere) throw new CliError(`${path} exists already; name a new file`, { cause });
      throw new CliError(`cannot write ${path}: ${messageOf(cause)}`, { cause });
    }
  }

  async write(line: string): Promise<void> {
    try {
      await this.#file.appendFile(`${line}\n`);
    } catch (cause) {
      throw new CliError(`cannot write ${this.#path}: ${messageOf(cause)}`, { cause });
    }
    this.lines += 1;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Closes and removes it: half a file must not pass for a whole one. */
  async discard(): Promise<void> {
    await this.#file.close();
    await rm(this.#path, { force: true });
  }
}

/** Runs `work` on two new files. Where it fails, or has nothing to write, neither stays. */
export async function withNewFiles<T>(
  firstPath: string,
  secondPath: string,
  work: (first: LineFile, second: LineFile) => Promise<T>,
): Promise<T> {
  const files: LineFile[] = [];
  try {
    const first = await LineFile.create(firstPath);
    files.push(first);
    const second = await LineFile.create(secondPath);
    files.push(second);
    const result = await work(first, second);
    const isEmpty = files.every(({ lines }) => lines === 0);
    for (const file of files) await (isEmpty ? file.discard() : file.close());
    return result;
  } catch (error) {
    await Promise.allSettled(files.map((file) => file.discard()));
    throw error;
  }
}
