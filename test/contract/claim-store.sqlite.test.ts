import { openSqlite } from "#test/support/sqlite-stores.ts";
import { claimStoreContract } from "./claim-store.contract.ts";

claimStoreContract("SqliteClaimStore", openSqlite("claims"));
