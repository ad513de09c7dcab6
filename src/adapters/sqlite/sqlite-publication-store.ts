import type { StatementSync } from "node:sqlite";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { StaleEpochError } from "#src/domain/errors.ts";
import type { PublicationKey } from "#src/domain/publication-key.ts";
import type { Publication, PublicationStore } from "#src/ports/publication-store.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

export class SqlitePublicationStore implements PublicationStore {
  readonly #db: SqliteDatabase;
  readonly #select: StatementSync;
  readonly #replace: StatementSync;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#select = db.prepare("SELECT epoch, body FROM publications WHERE key = ?");
    this.#replace = db.prepare("INSERT OR REPLACE INTO publications VALUES (?, ?, ?)");
  }

  async read(key: PublicationKey): Promise<Publication | undefined> {
    return this.#row(key);
  }

  async write(key: PublicationKey, { epoch, body }: Publication): Promise<"written" | "already"> {
    return this.#db.transaction(() => {
      const stored = this.#row(key)?.epoch ?? (0 as EpochNumber);
      if (stored > epoch) throw new StaleEpochError(key, epoch, stored);
      if (stored === epoch) return "already";
      this.#replace.run(key, epoch, body);
      return "written";
    });
  }

  #row(key: PublicationKey): Publication | undefined {
    const row = this.#db.run(() => this.#select.get(key)) as unknown as Publication | undefined;
    return row === undefined ? undefined : { epoch: row.epoch, body: row.body };
  }
}
