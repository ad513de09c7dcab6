import type { DueSend } from "./rate-profile.ts";

interface Sent {
  readonly atMs: number;
  plays: number;
}

/**
 * The sends in their order, and how far something else has come with them by its count of plays: the i-th play sent is taken for
 * the i-th counted. That holds for one producer and one shard; over several shards the mean stays exact.
 */
export class SentLog {
  readonly #sent: Sent[] = [];
  readonly #places = new Map<DueSend, Sent>();
  #plays = 0;

  /** Plays that were sent and not refused. */
  get plays(): number {
    return this.#plays;
  }

  add(send: DueSend): void {
    const sent = { atMs: send.atMs, plays: send.plays };
    this.#sent.push(sent);
    this.#places.set(send, sent);
    this.#plays += send.plays;
  }

  /** @param isTaken whether the target has it; what it refused does not count */
  settle(send: DueSend, isTaken: boolean): void {
    const sent = this.#places.get(send);
    this.#places.delete(send);
    if (sent === undefined || isTaken) return;
    this.#plays -= sent.plays;
    sent.plays = 0;
  }

  /** A reader at the log's beginning. */
  follow(): SentCursor {
    return new SentCursor(this.#sent);
  }
}

/** How far one count of plays has come in a log. */
export class SentCursor {
  readonly #sent: readonly Sent[];
  #next = 0;
  #passed = 0;

  constructor(sent: readonly Sent[]) {
    this.#sent = sent;
  }

  /**
   * Goes on as far as the count allows.
   *
   * @param onPassed told of each send that is now counted whole
   */
  advanceTo(plays: number, onPassed: (atMs: number, plays: number) => void = () => undefined): void {
    for (let sent = this.#sent[this.#next]; sent !== undefined; sent = this.#sent[this.#next]) {
      if (this.#passed + sent.plays > plays) return;
      this.#passed += sent.plays;
      this.#next += 1;
      if (sent.plays > 0) onPassed(sent.atMs, sent.plays);
    }
  }

  /** When the oldest play that is not counted was due, ms after the start; undefined where all are. */
  get oldestAtMs(): number | undefined {
    return this.#sent[this.#next]?.atMs;
  }
}
