import { openSqlite } from "#test/support/sqlite-stores.ts";
import { counterStoreContract } from "./counter-store.contract.ts";

counterStoreContract("SqliteCounterStore", openSqlite("counters"));
