import { MemoryRejectStore } from "#src/adapters/memory/memory-reject-store.ts";
import { rejectStoreContract } from "./reject-store.contract.ts";

rejectStoreContract("MemoryRejectStore", () =>
  Promise.resolve({ store: new MemoryRejectStore(), close: () => Promise.resolve() }),
);
