/** A record of the stream as the archive has it. */
export interface RawRecord {
  readonly shard: string;
  /** Epoch ms; never less than that of the shard's record before. */
  readonly arrivedAt: number;
  readonly data: Uint8Array;
  /** Entries that were taken out of `data`, by their places. */
  readonly erased?: readonly Erased[];
}

export interface Erased {
  readonly entry: number;
  readonly was: "play" | "unqualified" | "duplicate" | "reject" | "piece";
  /** The hash of a play's id, 16 hex digits. */
  readonly id?: string;
  readonly isMarked?: true;
}

/** What the platform brings. */
export interface Tools {
  /**
   * The expanded bytes, or undefined where there are more than `maxBytes`.
   *
   * @throws Error where the data is no complete gzip
   */
  gunzip(data: Uint8Array, maxBytes: number): Uint8Array | undefined;
  /** SHA-256 of a text's UTF-8 bytes in hexadecimal. */
  sha256(text: string): string;
}
