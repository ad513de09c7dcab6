import { openSqlite } from "#test/support/sqlite-stores.ts";
import { importLedgerContract } from "./import-ledger.contract.ts";

importLedgerContract("SqliteImportLedger", openSqlite("imports"));
