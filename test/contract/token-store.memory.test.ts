import { MemoryTokenStore } from "#src/adapters/memory/memory-token-store.ts";
import { tokenStoreContract } from "./token-store.contract.ts";

tokenStoreContract("MemoryTokenStore", () =>
  Promise.resolve({ store: new MemoryTokenStore(), close: () => Promise.resolve() }),
);
