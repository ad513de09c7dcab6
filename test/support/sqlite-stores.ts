import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStores, type Stores } from "#local/stores.ts";

/** Opens one of the stores of a new SQLite file; closing it deletes the file. */
export const openSqlite =
  <Name extends Exclude<keyof Stores, "close">>(name: Name) =>
  (): Promise<{ readonly store: Stores[Name]; close(): Promise<void> }> => {
    const dir = mkdtempSync(join(tmpdir(), "earworm-sqlite-"));
    const stores = openStores(dir, { survives: "process-kill" });
    const close = (): Promise<void> => {
      stores.close();
      rmSync(dir, { recursive: true });
      return Promise.resolve();
    };
    return Promise.resolve({ store: stores[name], close });
  };
