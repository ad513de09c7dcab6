import { openSqlite } from "#test/support/sqlite-stores.ts";
import { profileStoreContract } from "./profile-store.contract.ts";

profileStoreContract("SqliteProfileStore", openSqlite("profiles"));
