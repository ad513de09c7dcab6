import { openSqlite } from "#test/support/sqlite-stores.ts";
import { rejectStoreContract } from "./reject-store.contract.ts";

rejectStoreContract("SqliteRejectStore", openSqlite("rejects"));
