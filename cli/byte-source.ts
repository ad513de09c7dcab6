import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { isGzip } from "#src/wire/gzip.ts";
import type { Rejection } from "#src/wire/play-codec.ts";
import { CliError, messageOf } from "./cli-error.ts";

const chunkBytes = 256 * 1024;
/** What is inflated at once, so that a gzip bomb swells to some MB and not to GB. */
const gzipSliceBytes = 16 * 1024;

const problems: Readonly<Record<string, (path: string) => string>> = {
  ENOENT: (path) => `no such file: ${path}`,
  ENOTDIR: (path) => `no such file: ${path}`,
  EISDIR: (path) => `${path} is a directory`,
  EACCES: (path) => `no permission to read ${path}`,
  EPERM: (path) => `no permission to read ${path}`,
};

function fileError(path: string, cause: unknown): CliError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return new CliError(problems[code]?.(path) ?? `cannot read ${path}: ${messageOf(cause)}`, { cause });
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (cause) {
    throw fileError(path, cause);
  }
}

/** Inflates chunk by chunk. What was inflated before an error is yielded, then the error is thrown. */
async function* gunzipChunks(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: chunkBytes });
  const inflated: Buffer[] = [];
  let failure: Error | undefined;
  let proceed = (): void => undefined;
  const closed = new Promise<void>((resolve) => gunzip.once("close", resolve));
  gunzip.on("data", (chunk: Buffer) => inflated.push(chunk));
  gunzip.on("error", (error) => {
    failure = error;
    proceed(); // a write that fails is never called back
  });
  const write = (slice: Buffer): Promise<void> =>
    new Promise((resolve) => {
      proceed = resolve;
      gunzip.write(slice, () => resolve());
    });
  for await (const chunk of source) {
    for (let start = 0; start < chunk.length && failure === undefined; start += gzipSliceBytes) {
      await write(chunk.subarray(start, start + gzipSliceBytes));
      yield* inflated.splice(0);
    }
    if (failure !== undefined) break;
  }
  gunzip.end();
  await closed;
  yield* inflated.splice(0);
  if (failure !== undefined) throw failure;
}

/** The bytes of a file or of standard input (`-`), inflated where they are gzip. */
export class ByteSource {
  readonly path: string;
  /** Bytes read of the file as it lies on the disk. */
  bytesRead = 0;
  /** The file's size; undefined where it has none, such as a pipe. */
  bytesTotal: number | undefined;
  /** Why the bytes ended early, if they did. */
  failure: Rejection | undefined;

  constructor(path: string) {
    this.path = path === "-" ? "standard input" : path;
  }

  /**
   * Each chunk holds only until the next one is asked for: a file is read into the same buffer again and again. Buffers that
   * are dead lie outside of V8's heap, and hardly make it collect.
   *
   * @throws CliError where the file cannot be opened or read
   */
  async *chunks(): AsyncGenerator<Buffer> {
    const raw = this.path === "standard input" ? this.#counted(process.stdin) : this.#file();
    try {
      const first = await raw.next();
      if (first.done === true) return;
      const all = chain(first.value, raw);
      if (isGzip(first.value)) yield* this.#inflated(all);
      else yield* all;
    } finally {
      await raw.return(undefined); // closes the file, wherever reading ended
    }
  }

  async *#inflated(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    try {
      yield* gunzipChunks(packed);
    } catch (cause) {
      if (cause instanceof CliError) throw cause;
      this.failure = { field: "record", reason: `broken gzip: ${messageOf(cause)}` };
    }
  }

  async *#file(): AsyncGenerator<Buffer> {
    const handle = await openFile(this.path);
    try {
      const stat = await handle.stat();
      if (stat.isDirectory()) throw new CliError(`${this.path} is a directory`);
      if (stat.isFile()) this.bytesTotal = stat.size;
      yield* this.#counted(readInto(Buffer.allocUnsafeSlow(chunkBytes), handle));
    } finally {
      await handle.close();
    }
  }

  async *#counted(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of stream) {
        this.bytesRead += chunk.length;
        yield chunk;
      }
    } catch (cause) {
      throw fileError(this.path, cause);
    }
  }
}

async function* readInto(buffer: Buffer, handle: FileHandle): AsyncGenerator<Buffer> {
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* chain(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}
