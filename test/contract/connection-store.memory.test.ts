import { MemoryConnectionStore } from "#src/adapters/memory/memory-connection-store.ts";
import { connectionStoreContract } from "./connection-store.contract.ts";

connectionStoreContract("MemoryConnectionStore", () =>
  Promise.resolve({ store: new MemoryConnectionStore(), close: () => Promise.resolve() }),
);
