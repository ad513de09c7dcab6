import type { StatementSync } from "node:sqlite";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { StaleEpochError } from "#src/domain/errors.ts";
import type { PublicationKey } from "#src/domain/publication-key.ts";
import type { Publication, PublicationStore } from "#src/ports/publication-store.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

export class SqlitePublicationStore implements PublicationStore {
  readonly #db: SqliteDatabase;
  readonly #select: StatementSync;
  readonly #selectEpoch: StatementSync;
  readonly #replace: StatementSync;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#select = db.prepare("SELECT epoch, body FROM publications WHERE key = ?");
    this.#selectEpoch = db.prepare("SELECT epoch FROM publications WHERE key = ?");
    this.#replace = db.prepare("INSERT OR REPLACE INTO publications VALUES (?, ?, ?)");
  }

  async read(key: PublicationKey): Promise<Publication | undefined> {
    const row = this.#db.run(() => this.#select.get(key)) as unknown as Publication | undefined;
    return row === undefined ? undefined : { epoch: row.epoch, body: row.body };
  }

  async write(key: PublicationKey, { epoch, body }: Publication): Promise<"written" | "already"> {
    return this.#db.transaction(() => {
      const row = this.#selectEpoch.get(key) as unknown as Pick<Publication, "epoch"> | undefined;
      const stored = row?.epoch ?? (0 as EpochNumber);
      if (stored > epoch) throw new StaleEpochError(key, epoch, stored);
      if (stored === epoch) return "already";
      this.#replace.run(key, epoch, body);
      return "written";
    });
  }
}
