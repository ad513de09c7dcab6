import { mkdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { createArchiveHandler } from "#functions/archive/archive-handler.ts";
import { DirectoryArchive } from "#src/adapters/archive/directory-archive.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { dayMs, hourMs } from "#src/domain/windows.ts";
import type { Logger } from "#src/ports/logger.ts";
import { DataDirError } from "./data-dir.ts";
import { EventSourceMapping } from "./stream/event-source-mapping.ts";
import type { LocalStream } from "./stream/play-stream.ts";

export interface ArchiveKeeperOptions {
  readonly stream: LocalStream;
  /** Created where it is missing. */
  readonly dir: string;
  /** For how many days records are kept. @default for ever */
  readonly days: number | undefined;
  readonly logger: Logger;
}

const checkpointFile = "archive-checkpoints.json";
/** How many records go into one gzip member depends on it, and so how small they become. */
const batchWindowMs = 1_000;
/** What is not archived by then is archived at the next start. */
const closeLimitMs = 2_000;

/** The second consumer of the stream: archives its records, with a checkpoint of its own. */
export class ArchiveKeeper {
  readonly #options: ArchiveKeeperOptions;
  readonly #archive: DirectoryArchive;
  readonly #mapping: EventSourceMapping;
  /** Set once it is started. */
  #cleaning: NodeJS.Timeout | undefined;

  /** @throws DataDirError where the directory cannot be made */
  constructor(options: ArchiveKeeperOptions) {
    const { stream, dir, logger } = options;
    makeDir(dir);
    this.#options = options;
    this.#archive = new DirectoryArchive(dir);
    this.#mapping = new EventSourceMapping({
      stream,
      handler: createArchiveHandler({
        archive: this.#archive,
        decodeBase64: (text) => Buffer.from(text, "base64"),
        logger,
        metrics: { record: () => undefined },
      }),
      now: Date.now,
      batchWindowMs,
      checkpointFile,
      onError: (error, failure) => logger.error("the archiver failed", { ...failure, reason: String(error) }),
    });
  }

  start(): void {
    this.#mapping.start();
    const { missed } = this.#mapping;
    if (missed > 0)
      this.#options.logger.warn("records were trimmed while nothing archived them; the archive lacks them", {
        records: missed,
      });
    void this.#clean();
    this.#cleaning = setInterval(() => void this.#clean(), hourMs).unref();
  }

  /** Resolves when everything that was put before the call is archived. */
  drained(): Promise<void> {
    return this.#mapping.drained();
  }

  /** Archives what is left, if that is possible soon, and says what is not. */
  async close(): Promise<void> {
    if (this.#cleaning !== undefined) await this.#finish();
    clearInterval(this.#cleaning);
    await this.#mapping.stop();
    const { backlog } = this.#mapping;
    if (backlog > 0)
      this.#options.logger.warn("records are not archived; they will be at the next start", {
        records: backlog,
      });
  }

  async #finish(): Promise<void> {
    const stop = new AbortController();
    const limit = pause(closeLimitMs, undefined, { signal: stop.signal }).catch(() => undefined);
    await Promise.race([this.drained().catch(() => undefined), limit]);
    stop.abort();
  }

  async #clean(): Promise<void> {
    const { days, logger } = this.#options;
    if (days === undefined) return;
    try {
      await this.#archive.deleteBefore((Date.now() - days * dayMs) as EpochMs);
    } catch (error) {
      logger.error("old hours of the archive could not be deleted", { reason: String(error) });
    }
  }
}

function makeDir(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true }); // its parent is there
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataDirError(`cannot make the archive's directory: ${reason}`, { cause });
  }
}
