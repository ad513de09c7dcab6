import type { EpochMs } from "./play.ts";

/** The SHA-256 of a file's bytes, inflated where they are gzip; 64 hex digits. */
export type FileHash = string & { readonly __brand: "FileHash" };

/** What became of a file's lines. */
export interface ImportFigures {
  readonly sent: number;
  /** Plays that the archive had already. */
  readonly leftOut: number;
  /** Lines that are no plays. */
  readonly rejected: number;
}

/** A file that was imported, or begun to be. */
export interface FileImport {
  readonly sha256: FileHash;
  /** What the file was called. */
  readonly name: string;
  readonly startedAt: EpochMs;
  /** Once all of it was sent: when, and with which figures. */
  readonly finished?: ImportFigures & { readonly at: EpochMs };
}
