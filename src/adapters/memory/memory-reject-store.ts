import type { EpochMs } from "#src/domain/play.ts";
import {
  assembleReject,
  countReasons,
  type ReasonCount,
  type Reject,
  type RejectId,
  type RejectPiece,
  type RejectSummary,
  rejectIdsOfDay,
  summaryOf,
} from "#src/domain/reject.ts";
import type { RejectPage, RejectQuery, RejectStore } from "#src/ports/reject-store.ts";

/** Rejects in memory. */
export class MemoryRejectStore implements RejectStore {
  readonly #summaries = new Map<RejectId, RejectSummary>();
  readonly #raws = new Map<RejectId, (Uint8Array | undefined)[]>();

  write(pieces: readonly RejectPiece[]): Promise<void> {
    for (const piece of pieces) {
      const raws = this.#raws.get(piece.id) ?? [];
      raws[piece.chunk] ??= piece.raw;
      this.#raws.set(piece.id, raws);
      if (piece.chunk === 0 && !this.#summaries.has(piece.id))
        this.#summaries.set(piece.id, summaryOf(piece));
    }
    return Promise.resolve();
  }

  remove(ids: readonly RejectId[]): Promise<void> {
    for (const id of ids) {
      this.#summaries.delete(id);
      this.#raws.delete(id);
    }
    return Promise.resolve();
  }

  list({ day, reason = "", after, limit }: RejectQuery): Promise<RejectPage> {
    const found = this.#ofDay(day).filter(
      (reject) => (after === undefined || reject.id > after) && reject.reason.includes(reason),
    );
    const rejects = found.slice(0, limit);
    return Promise.resolve({ rejects, next: found.length > limit ? rejects.at(-1)?.id : undefined });
  }

  read(id: RejectId): Promise<Reject | undefined> {
    const summary = this.#summaries.get(id);
    return Promise.resolve(summary && assembleReject(summary, this.#raws.get(id) ?? []));
  }

  counts(day: EpochMs): Promise<readonly ReasonCount[]> {
    return Promise.resolve(countReasons(this.#ofDay(day).map(({ reason }) => [reason, 1])));
  }

  #ofDay(day: EpochMs): readonly RejectSummary[] {
    const { from, to } = rejectIdsOfDay(day);
    return [...this.#summaries.values()]
      .filter(({ id }) => id >= from && id < to)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}
