import { MemoryClaimStore } from "#src/adapters/memory/memory-claim-store.ts";
import { claimStoreContract } from "./claim-store.contract.ts";

claimStoreContract("MemoryClaimStore", () =>
  Promise.resolve({ store: new MemoryClaimStore(), close: () => Promise.resolve() }),
);
