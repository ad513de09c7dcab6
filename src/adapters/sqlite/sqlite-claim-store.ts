import type { StatementSync } from "node:sqlite";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { StaleEpochError } from "#src/domain/errors.ts";
import type { EventId } from "#src/domain/play.ts";
import type { ClaimStore } from "#src/ports/claim-store.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

export class SqliteClaimStore implements ClaimStore {
  readonly #db: SqliteDatabase;
  readonly #insert: StatementSync;
  readonly #select: StatementSync;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#insert = db.prepare("INSERT OR IGNORE INTO claims (id, epoch) VALUES (?, ?)");
    this.#select = db.prepare("SELECT epoch FROM claims WHERE id = ?");
  }

  async claim(epoch: EpochNumber, ids: readonly EventId[]): Promise<ReadonlySet<EventId>> {
    return this.#db.transaction(() => new Set(ids.filter((id) => this.#claimOne(epoch, id))));
  }

  async read(ids: readonly EventId[]): Promise<ReadonlyMap<EventId, EpochNumber>> {
    return this.#db.run(() => {
      const found = new Map<EventId, EpochNumber>();
      for (const id of ids) {
        const owner = this.#ownerOf(id);
        if (owner !== undefined) found.set(id, owner);
      }
      return found;
    });
  }

  #claimOne(epoch: EpochNumber, id: EventId): boolean {
    if (this.#insert.run(id, epoch).changes > 0) return true;
    const owner = this.#ownerOf(id) ?? epoch;
    if (owner > epoch) throw new StaleEpochError(`the claim of event ${id}`, epoch, owner);
    return owner === epoch;
  }

  #ownerOf(id: EventId): EpochNumber | undefined {
    const row = this.#select.get(id) as { readonly epoch: EpochNumber } | undefined;
    return row?.epoch;
  }
}
