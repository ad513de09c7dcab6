import { join } from "node:path";
import { SqliteClaimStore } from "#src/adapters/sqlite/sqlite-claim-store.ts";
import { SqliteCounterStore } from "#src/adapters/sqlite/sqlite-counter-store.ts";
import { SqliteDatabase, type SqliteOptions } from "#src/adapters/sqlite/sqlite-database.ts";
import { SqliteEpochLog } from "#src/adapters/sqlite/sqlite-epoch-log.ts";
import { SqliteImportLedger } from "#src/adapters/sqlite/sqlite-import-ledger.ts";
import { SqliteProfileStore } from "#src/adapters/sqlite/sqlite-profile-store.ts";
import { SqlitePublicationStore } from "#src/adapters/sqlite/sqlite-publication-store.ts";
import { SqliteRejectStore } from "#src/adapters/sqlite/sqlite-reject-store.ts";
import { SqliteSegmentStore } from "#src/adapters/sqlite/sqlite-segment-store.ts";
import { SqliteTokenStore } from "#src/adapters/sqlite/sqlite-token-store.ts";

/** The embedded stores of one data directory: one SQLite file. */
export interface Stores {
  readonly segments: SqliteSegmentStore;
  readonly claims: SqliteClaimStore;
  readonly counters: SqliteCounterStore;
  readonly profiles: SqliteProfileStore;
  readonly publications: SqlitePublicationStore;
  readonly rejects: SqliteRejectStore;
  readonly epochs: SqliteEpochLog;
  readonly tokens: SqliteTokenStore;
  readonly imports: SqliteImportLedger;
  /** Runs `work`, to which everything stays as it was at its first read. */
  reading<T>(work: () => Promise<T>): Promise<T>;
  /** Rewrites the file, so that nothing of what was deleted or replaced is left in it. */
  compact(): void;
  close(): void;
}

/** @throws StoreError naming the file */
export function openStores(dataDir: string, options: SqliteOptions): Stores {
  const db = new SqliteDatabase(join(dataDir, "earworm.db"), options);
  return {
    segments: new SqliteSegmentStore(db),
    claims: new SqliteClaimStore(db),
    counters: new SqliteCounterStore(db),
    profiles: new SqliteProfileStore(db),
    publications: new SqlitePublicationStore(db),
    rejects: new SqliteRejectStore(db),
    epochs: new SqliteEpochLog(db),
    tokens: new SqliteTokenStore(db),
    imports: new SqliteImportLedger(db),
    reading: (work) => db.reading(work),
    compact: () => db.compact(),
    close: () => db.close(),
  };
}
