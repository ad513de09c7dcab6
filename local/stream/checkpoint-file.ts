import { readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";

/** The last handled sequence number of each shard, by shard id. */
export type Checkpoints = ReadonlyMap<string, string>;

/** Keeps a consumer's checkpoints in one JSON file that is replaced as a whole. */
export class CheckpointFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The checkpoints that were written last; none when the file does not exist. */
  load(): Checkpoints {
    const text = readIfExists(this.path);
    return text === undefined ? new Map() : new Map(Object.entries(this.#parse(text)));
  }

  /** Returns when the checkpoints are on the disk. Calls must not overlap. */
  async save(checkpoints: Checkpoints): Promise<void> {
    const temporary = `${this.path}.tmp`;
    const handle = await open(temporary, "w");
    try {
      await handle.writeFile(`${JSON.stringify(Object.fromEntries(checkpoints))}\n`);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(temporary, this.path);
  }

  #parse(text: string): Record<string, string> {
    const value = parseJson(text, this.path);
    if (isRecordOfStrings(value)) return value;
    throw new Error(`checkpoint file ${this.path} is not an object of sequence numbers`);
  }
}

function isRecordOfStrings(value: unknown): value is Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((entry) => typeof entry === "string");
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`checkpoint file ${path} is not JSON`, { cause });
  }
}

function readIfExists(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
