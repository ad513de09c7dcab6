import { sealBlock } from "#src/adapters/kinesis/node-record-codec.ts";
import type { EpochMs, Play } from "#src/domain/play.ts";
import type { ShardKey } from "#src/domain/position.ts";
import { err, ok, type Result } from "#src/domain/result.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { PlayStream, StreamRecord } from "#src/ports/play-stream.ts";
import type { StreamTail } from "#src/ports/stream-tail.ts";
import { BlockBuilder } from "#src/wire/block-builder.ts";
import { formatIsoTime } from "#src/wire/iso-time.ts";
import { encodePlay, isTooLong, maxPlayBytes, type Rejection } from "#src/wire/play-codec.ts";
import { CliError } from "./cli-error.ts";
import type { CountedIds } from "./counted-ids.ts";

export interface MarkedSenderDeps {
  readonly ids: CountedIds;
  /** Of the stream that `ids`' archive keeps. */
  readonly tail: StreamTail;
  readonly plays: PlayStream;
  readonly clock: Clock;
  /** Within it the consumer finds a repeated id by itself, ms. @default 600000 */
  readonly horizonMs?: number | undefined;
  /** ms */
  readonly pause: (ms: number) => Promise<unknown>;
  /** Told once whenever the archive has to be waited for. */
  readonly onWait: (message: string) => void;
}

/** What holds embedded, and deployed unless set otherwise. */
const defaultHorizonMs = 600_000;
/** A put starts while the archive is known up to half a horizon ago; the rest is for the put itself. */
const freshShare = 0.5;
/** How long an archive may take to get that far, ms. */
const patienceMs = 120_000;
const pollMs = 1_000;
/** How often it is asked at first for what arrived just before: nothing rests on that, but less is sent twice. */
const politeAttempts = 10;
/** Sent in one put of at most 256 records, some 1 MB. */
const chunkPlays = 10_000;

interface UnreadRecord {
  readonly shard: ShardKey;
  readonly arrivedAt: EpochMs;
}

/** A play that counts once however long ago its id was counted, where it fits with that said. */
export function markedPlay(play: Play): Result<Play, Rejection> {
  const marked: Play = { ...play, dedupe: "always" };
  if (!isTooLong(encodePlay(marked))) return ok(marked);
  return err({ field: "record", reason: `longer than ${maxPlayBytes} bytes with "dedupe":"always"` });
}

/**
 * Sends marked plays but those whose id the archive has (docs/exactly-once.md, "Imports and replays"). What the archive did
 * not show when a play is put arrived less than one dedupe horizon before, so that the consumer sees it.
 */
export class MarkedSender {
  sent = 0;
  /** Plays that the archive had. */
  leftOut = 0;
  readonly #deps: MarkedSenderDeps;
  #waiting: Play[] = [];
  /** Everything that arrived before was seen, epoch ms. */
  #seenUpTo = 0;
  readonly #horizonMs: number;

  constructor(deps: MarkedSenderDeps) {
    this.#deps = deps;
    this.#horizonMs = deps.horizonMs ?? defaultHorizonMs;
  }

  /**
   * @param play as `markedPlay` gives it
   * @throws CliError where its id is not looked for in the archive, or the archive is too far behind
   */
  async add(play: Play): Promise<void> {
    if (!this.#deps.ids.isLookedFor(play.eventId)) {
      throw new CliError(
        `play ${play.eventId} was not there when the file was read first: the file has changed`,
      );
    }
    this.#waiting.push(play);
    if (this.#waiting.length >= chunkPlays) await this.flush();
  }

  /** Sends what waits, in its order. */
  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    await this.#catchUp();
    const plays = this.#waiting.filter(({ eventId }) => !this.#deps.ids.has(eventId));
    if (plays.length > 0) await this.#put(plays);
    this.leftOut += this.#waiting.length - plays.length;
    this.sent += plays.length;
    this.#waiting = [];
  }

  async #put(plays: readonly Play[]): Promise<void> {
    const blocks = new BlockBuilder<StreamRecord>(sealBlock);
    const records = plays.flatMap((play) => blocks.add(play) ?? []);
    await this.#deps.plays.put([...records, ...blocks.flush()]);
    const lateMs = this.#deps.clock() - this.#seenUpTo;
    if (lateMs <= this.#horizonMs) return;
    throw new CliError(
      `the stream took ${plays.length} plays ${Math.round(lateMs / 60_000)} minutes after they were looked for: ` +
        "one that also came from elsewhere meanwhile may have counted twice; run it again for the rest",
    );
  }

  /** Reads the archive until it is known to hold all but the last minutes. */
  async #catchUp(): Promise<void> {
    const { clock, ids, onWait, pause } = this.#deps;
    if (this.#seenUpTo === 0) await this.#lookAtAll();
    const freshMs = this.#horizonMs * freshShare;
    let progressAt = clock();
    for (let attempt = 1; clock() - this.#seenUpTo > freshMs; attempt++) {
      const before = this.#seenUpTo;
      const unread = await this.#look();
      if (this.#seenUpTo > before) progressAt = clock();
      if (unread === undefined || clock() - this.#seenUpTo <= freshMs) continue;
      const lacking = `the archive lacks what arrived at ${formatIsoTime(unread.arrivedAt)} in ${unread.shard}`;
      if (clock() - progressAt > patienceMs) {
        throw new CliError(`${lacking}: nobody writes it; what was not sent by now is not sent`);
      }
      if (attempt === 1) onWait(`${lacking}; waiting for it`);
      await pause(pollMs);
    }
    ids.ignoreMarked();
  }

  /** Looks for the first time, and some times more until what had arrived by then is seen. */
  async #lookAtAll(): Promise<void> {
    const { clock, pause } = this.#deps;
    const startedAt = clock();
    await this.#look();
    for (let attempt = 1; attempt < politeAttempts && this.#seenUpTo <= startedAt; attempt++) {
      await pause(pollMs);
      await this.#look();
    }
  }

  /** Reads what the archive has gained; returns the first record that it lacks. */
  async #look(): Promise<UnreadRecord | undefined> {
    await this.#deps.ids.read();
    const now = this.#deps.clock();
    const unread = await this.#oldestUnread();
    this.#seenUpTo = Math.max(this.#seenUpTo, Math.min(now, unread?.arrivedAt ?? now));
    return unread;
  }

  /** The first record that the stream has and that was not read. */
  async #oldestUnread(): Promise<UnreadRecord | undefined> {
    const { ids, tail } = this.#deps;
    let oldest: UnreadRecord | undefined;
    for (const shard of await tail.shards()) {
      const arrivedAt = await tail.firstArrival(shard, ids.lastRead(shard));
      if (arrivedAt !== undefined && arrivedAt < (oldest?.arrivedAt ?? Number.POSITIVE_INFINITY)) {
        oldest = { shard, arrivedAt };
      }
    }
    return oldest;
  }
}
