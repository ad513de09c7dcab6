import type { PlayDictionary } from "#src/wire/play-dictionary.ts";
import type { RowValues } from "#src/wire/row-values.ts";

/** Takes the plays of a file that are plain as numbers of its dictionary, without objects and texts. */
export interface RowSink {
  /** Another one after a while: numbers of the one before mean nothing then. */
  readonly dictionary: PlayDictionary;
  /** @param values are overwritten afterwards */
  row(values: RowValues): void;
}

/** Says that a line is not taken byte by byte. */
export const notTaken = -1;

/** Reads lines byte by byte where they are as most are, and hands their plays to a sink. */
export interface ByteRows {
  /**
   * Takes the line that starts at `start`. Returns where the next starts, past the end after the last one; `notTaken` for a line that
   * is to be read as text.
   *
   * @param bytes lines with an LF between them
   */
  take(bytes: Buffer, start: number): number;
}
