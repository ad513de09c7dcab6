/** A record on its way into the stream. */
export interface StreamRecord {
  /** Decides the shard; plays of one listener must share it (I2). */
  readonly partitionKey: string;
  /** One JSON play, a gzip block of newline-delimited plays, or a columnar block (src/wire/play-record.ts). */
  readonly data: Uint8Array;
}

/** The way into the stream of plays. */
export interface PlayStream {
  /**
   * Puts the records, repeating those that the stream throttled.
   *
   * @throws StoreError where records are still refused after the retries; none, some or all of them may be in
   */
  put(records: readonly StreamRecord[]): Promise<void>;
}
