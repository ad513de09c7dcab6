import { openSqlite } from "#test/support/sqlite-stores.ts";
import { tokenStoreContract } from "./token-store.contract.ts";

tokenStoreContract("SqliteTokenStore", openSqlite("tokens"));
