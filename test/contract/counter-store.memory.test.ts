import { MemoryCounterStore } from "#src/adapters/memory/memory-counter-store.ts";
import { counterStoreContract } from "./counter-store.contract.ts";

counterStoreContract("MemoryCounterStore", () =>
  Promise.resolve({ store: new MemoryCounterStore(), close: () => Promise.resolve() }),
);
