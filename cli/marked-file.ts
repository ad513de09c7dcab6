import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { FileHash, ImportFigures } from "#src/domain/file-import.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { CliError, UsageError } from "./cli-error.ts";
import { CountedIds } from "./counted-ids.ts";
import { MarkedSender, markedPlay } from "./marked-sender.ts";
import type { MarkedTarget } from "./marked-target.ts";
import { readPlayFile } from "./play-file.ts";
import type { PlayFileEntry } from "./play-file-decoder.ts";
import { counted, formatCount, ProgressBar } from "./progress.ts";
import { RejectList } from "./reject-list.ts";

/** @throws CliError where there is no file, or it cannot be read twice, as a pipe cannot */
export function assertTwiceReadable(path: string): void {
  if (path === "-") throw new UsageError("standard input cannot be read twice: save it as a file first");
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new CliError(`no such file: ${path}`);
  if (stat.isFile() || stat.isDirectory()) return; // whoever opens it says what is wrong
  throw new CliError(`${path} is no file that can be read twice: save it as one first`);
}

export interface MarkedFileOptions {
  /** Whether its lines are what records held (cli/play-file.ts). */
  readonly asRecords: boolean;
  /** How many rejected lines are listed. */
  readonly mostListed: number;
}

/** A file of plays on its way into a running system, marked. It is read twice: for the ids to look for, and to be sent. */
export class MarkedFile {
  readonly #path: string;
  readonly #target: Omit<MarkedTarget, "imports">;
  readonly #options: MarkedFileOptions;
  readonly #ids: CountedIds;
  /** The same for both readings: it decides what is a play. */
  readonly #arrivedAt = Date.now() as EpochMs;
  #break: CliError | undefined;

  constructor(path: string, target: Omit<MarkedTarget, "imports">, options: MarkedFileOptions) {
    this.#path = path;
    this.#target = target;
    this.#options = options;
    this.#ids = new CountedIds(target.archive);
  }

  /**
   * Reads it for the first time; sends nothing.
   *
   * @throws CliError where there is no play in it
   */
  async survey(): Promise<FileHash> {
    const hash = createHash("sha256");
    const rejects = new RejectList(this.#path, this.#options.mostListed);
    let plays = 0;
    const look = (entry: PlayFileEntry): void => {
      if ("rejection" in entry) {
        rejects.add(entry.line, entry.rejection);
        return;
      }
      this.#ids.lookFor(entry.play.eventId);
      plays += 1;
    };
    for await (const entries of this.#read(
      () => plays,
      (bytes) => hash.update(bytes),
    ))
      entries.forEach(look);
    if (plays > 0) return hash.digest("hex") as FileHash;
    for (const line of rejects.report()) console.error(line);
    throw new CliError(`no play in ${this.#path}, ${counted(rejects.count, "line")} rejected`);
  }

  /** Sends what the archive has not, and lists the lines that are no plays. */
  async send(): Promise<ImportFigures> {
    const rejects = new RejectList(this.#path, this.#options.mostListed);
    const sender = new MarkedSender({
      ...this.#target,
      ids: this.#ids,
      clock: () => Date.now() as EpochMs,
      pause,
      onWait: (message) => console.error(message),
    });
    try {
      for await (const entries of this.#read(() => sender.sent + sender.leftOut)) {
        for (const entry of entries) await take(entry, sender, rejects);
      }
      await sender.flush();
    } finally {
      for (const line of rejects.report()) console.error(line);
    }
    return { sent: sender.sent, leftOut: sender.leftOut, rejected: rejects.count };
  }

  /** @throws CliError where only a part of what was sent could be read, as of gzip that is cut off */
  assertWhole(): void {
    if (this.#break !== undefined) throw this.#break;
  }

  async *#read(plays: () => number, onBytes?: (bytes: Uint8Array) => void) {
    const bar = new ProgressBar();
    try {
      yield* readPlayFile(this.#path, {
        arrivedAt: this.#arrivedAt,
        asRecords: this.#options.asRecords,
        onProgress: (done, total) => bar.update({ done, total, plays: plays() }),
        onBreak: (error) => {
          this.#break = error;
        },
        ...(onBytes === undefined ? {} : { onBytes }),
      });
    } finally {
      bar.clear();
    }
  }
}

async function take(entry: PlayFileEntry, sender: MarkedSender, rejects: RejectList): Promise<void> {
  const marked = "play" in entry ? markedPlay(entry.play) : { ok: false as const, error: entry.rejection };
  if (marked.ok) await sender.add(marked.value);
  else rejects.add(entry.line, marked.error);
}

/** `sent 500 plays, left out 3 that count already, rejected 12 lines`. */
export const figuresLine = ({ sent, leftOut, rejected }: ImportFigures): string =>
  `sent ${counted(sent, "play")}, left out ${formatCount(leftOut)} that ${leftOut === 1 ? "counts" : "count"} already, ` +
  `rejected ${counted(rejected, "line")}`;
