import { MemoryImportLedger } from "#src/adapters/memory/memory-import-ledger.ts";
import { importLedgerContract } from "./import-ledger.contract.ts";

importLedgerContract("MemoryImportLedger", () =>
  Promise.resolve({ store: new MemoryImportLedger(), close: () => Promise.resolve() }),
);
