import { IdentityTable } from "./identity-table.ts";
import { ScratchFile } from "./scratch-file.ts";

/** Where a table is in the file. */
interface Place {
  readonly start: number;
  readonly words: number;
}

/** Identities of plays that start from a second on, up to that of the next span. */
interface Span {
  readonly from: number;
  kept: IdentityTable | Place;
  /** The more, the later it was used. */
  usedAt: number;
  /** With more identities it is divided. */
  most: number;
}

export interface IdentityLimits {
  /** Identities of a span. */
  readonly most: number;
  /** Spans in memory at first. */
  readonly spans: number;
}

/** At 16 bytes and 0.3 to 0.6 of the places taken: up to 2 MB a span. */
const usualLimits: IdentityLimits = { most: 64 * 1024, spans: 4 };

/**
 * Counts how often each identity came, by the first 64 bits of its SHA-256 and the second in which its plays start: two that share
 * both are counted as one, which makes a derived event id differ where it need not.
 *
 * Equal plays start at the same time, so identities are kept by time. Of a file in about that order only the latest spans are in
 * memory, 8 MB; what the file has left behind goes to a temporary file, 16 bytes an identity. A play of a time that was left behind
 * brings its span back, and the room for one more with it: a file in no order has each span brought back once, and then all of
 * them in memory, 27 to 53 bytes an identity.
 */
export class IdentityCounter {
  readonly #most: number;
  readonly #file = new ScratchFile();
  /** By time. */
  readonly #spans: Span[];
  /** Those in memory. */
  readonly #open: Set<Span>;
  #room: number;
  #uses = 0;
  /** The span that was used last: its table, and its times from a second on and before one. */
  #current: Span;
  #table = IdentityTable.empty();
  #from = Number.NEGATIVE_INFINITY;
  #to = Number.POSITIVE_INFINITY;

  constructor({ most, spans }: IdentityLimits = usualLimits) {
    this.#most = most;
    this.#room = spans;
    this.#current = { from: this.#from, kept: this.#table, usedAt: 0, most };
    this.#spans = [this.#current];
    this.#open = new Set(this.#spans);
  }

  /**
   * How often the identity came before this time.
   *
   * @param startedAt when its plays start, epoch ms from 0 to 2^42
   * @param hi and lo 32 bits each, signed or not
   * @throws CliError where the temporary file cannot be written
   */
  next(startedAt: number, hi: number, lo: number): number {
    const second = Math.floor(startedAt / 1000);
    if (second < this.#from || second >= this.#to) this.#enter(second);
    const before = this.#table.next(second | 0, hi | 0, lo | 0);
    if (this.#table.size > this.#current.most) this.#divide(second);
    return before;
  }

  /** Gives the temporary file back: nothing can be counted afterwards. */
  close(): void {
    this.#file.close();
  }

  #enter(second: number): void {
    const index = this.#indexOf(second);
    const span = this.#spans[index] ?? this.#current;
    this.#uses += 1;
    span.usedAt = this.#uses;
    this.#current = span;
    this.#table = this.#tableOf(span);
    this.#from = span.from;
    this.#to = this.#spans[index + 1]?.from ?? Number.POSITIVE_INFINITY;
    while (this.#open.size > this.#room) this.#putAway();
  }

  /** The last span that starts at or before the second. */
  #indexOf(second: number): number {
    let low = 0;
    let high = this.#spans.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#spans[middle]?.from ?? 0) <= second) low = middle;
      else high = middle;
    }
    return low;
  }

  /** Who comes back once may do so again: what is brought back is not put away in exchange for another. */
  #tableOf(span: Span): IdentityTable {
    if (span.kept instanceof IdentityTable) return span.kept;
    const entries = new Int32Array(span.kept.words);
    this.#file.read(span.kept.start, bytesOf(entries));
    const table = IdentityTable.of(entries);
    span.kept = table;
    this.#open.add(span);
    this.#room += 1;
    return table;
  }

  /** Puts the span into the file that was not used for the longest time. */
  #putAway(): void {
    let oldest = this.#current;
    for (const span of this.#open) if (span.usedAt < oldest.usedAt) oldest = span;
    this.#open.delete(oldest);
    if (!(oldest.kept instanceof IdentityTable)) return;
    const table = oldest.kept;
    const entries = table.entries();
    table.close();
    oldest.kept = { start: this.#file.append(bytesOf(entries)), words: entries.length };
  }

  #divide(second: number): void {
    const divided = this.#table.divide();
    if (divided === undefined) {
      this.#current.most *= 2; // plays of one second are not parted
      return;
    }
    const { from, later } = divided;
    const span: Span = { from, kept: later, usedAt: this.#uses, most: this.#most };
    this.#spans.splice(this.#indexOf(from) + 1, 0, span);
    this.#open.add(span);
    this.#enter(second);
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array<ArrayBuffer>): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
