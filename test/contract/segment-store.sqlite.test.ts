import { openSqlite } from "#test/support/sqlite-stores.ts";
import { segmentStoreContract } from "./segment-store.contract.ts";

segmentStoreContract("SqliteSegmentStore", openSqlite("segments"));
