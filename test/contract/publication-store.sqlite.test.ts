import { openSqlite } from "#test/support/sqlite-stores.ts";
import { publicationStoreContract } from "./publication-store.contract.ts";

publicationStoreContract("SqlitePublicationStore", openSqlite("publications"));
