import type { EpochMs } from "../domain/play.ts";
import type { ReasonCount, Reject, RejectId, RejectPiece, RejectSummary } from "../domain/reject.ts";

export interface RejectQuery {
  /** Any moment of the UTC day in which they arrived. */
  readonly day: EpochMs;
  /** Only rejects whose reason holds this text. */
  readonly reason?: string | undefined;
  /** Only rejects after this one. */
  readonly after?: RejectId | undefined;
  readonly limit: number;
}

export interface RejectPage {
  /** By id, so in the order of arrival; there may be fewer than asked for before the last page. */
  readonly rejects: readonly RejectSummary[];
  /** Where the next page starts (`after`); undefined on the last one. */
  readonly next: RejectId | undefined;
}

/** Rejects out of committed segments, kept until somebody deletes them. A failing store throws `StoreError`. */
export interface RejectStore {
  /** Keeps pieces. Those that are there already stay as they are: writing any of them again changes nothing (I3). */
  write(pieces: readonly RejectPiece[]): Promise<void>;
  /** Deletes rejects with their raw bytes; deleting again changes nothing. */
  remove(ids: readonly RejectId[]): Promise<void>;
  /** The rejects of a day whose first piece is there. */
  list(query: RejectQuery): Promise<RejectPage>;
  /** Undefined where its first piece is not there. */
  read(id: RejectId): Promise<Reject | undefined>;
  /** How many rejects of a day have which reason, the most frequent first. Reads all of them. */
  counts(day: EpochMs): Promise<readonly ReasonCount[]>;
}
