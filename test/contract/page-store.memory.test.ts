import { MemoryPageStore } from "#src/adapters/memory/memory-page-store.ts";
import { pageStoreContract } from "./page-store.contract.ts";

pageStoreContract("MemoryPageStore", () => {
  const store = new MemoryPageStore();
  return Promise.resolve({ store, files: () => store.files, close: () => Promise.resolve() });
});
