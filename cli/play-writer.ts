import { once } from "node:events";
import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { InvalidArgumentError } from "commander";
import type { Play } from "#src/domain/play.ts";
import { csvColumns, encodeCsvRow } from "#src/wire/csv-dialect.ts";
import { formatIsoTime } from "#src/wire/iso-time.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { CliError, messageOf } from "./cli-error.ts";

const chunkChars = 64 * 1024;
const outPattern = /\.(csv|ndjson|jsonl)(\.gz)?$/i;

/** A name that says the format. */
export function outOption(path: string): string {
  if (outPattern.test(path)) return path;
  throw new InvalidArgumentError("Expected a name that ends in .csv or .ndjson, or in one of them and .gz.");
}

/** Writes plays as lines to a file or to standard output, never faster than they are taken. */
export class PlayWriter {
  readonly #head: Writable;
  readonly #done: Promise<void>;
  readonly #encode: (play: Play) => string;
  #text = "";

  /** @param path as `outOption` lets it through; undefined for NDJSON to standard output */
  constructor(path: string | undefined) {
    const isCsv = path !== undefined && /\.csv(\.gz)?$/i.test(path);
    this.#encode = isCsv ? (play) => encodeCsvRow(play, formatIsoTime(play.startedAt)) : encodePlay;
    if (isCsv) this.#text = `${csvColumns.join(",")}\n`;
    if (path === undefined) {
      this.#head = process.stdout;
      this.#done = Promise.resolve();
      return;
    }
    const file = createWriteStream(path);
    this.#head = path.toLowerCase().endsWith(".gz") ? createGzip() : file;
    this.#done = finished(file).catch((cause) => {
      throw new CliError(`cannot write ${path}: ${messageOf(cause)}`, { cause });
    });
    this.#done.catch(() => undefined); // until `write` or `end` asks
    if (this.#head === file) return;
    this.#head.on("error", () => undefined); // what went wrong is the file's, and in `#done`
    file.once("error", (error) => this.#head.destroy(error));
    this.#head.pipe(file);
  }

  async write(play: Play): Promise<void> {
    this.#text += `${this.#encode(play)}\n`;
    if (this.#text.length >= chunkChars) await this.flush();
  }

  /** Hands over what is written so far, and waits where the reader is slow. */
  async flush(): Promise<void> {
    const text = this.#text;
    this.#text = "";
    if (this.#head.destroyed) await this.#done;
    if (text === "" || this.#head.write(text)) return;
    try {
      await once(this.#head, "drain");
    } catch {
      await this.#done; // throws, and says which file
    }
  }

  async end(): Promise<void> {
    await this.flush();
    if (this.#head !== process.stdout) this.#head.end();
    await this.#done;
  }
}
