import { openSqlite } from "#test/support/sqlite-stores.ts";
import { epochLogContract } from "./epoch-log.contract.ts";

epochLogContract("SqliteEpochLog", openSqlite("epochs"));
