import { MemoryProfileStore } from "#src/adapters/memory/memory-profile-store.ts";
import { profileStoreContract } from "./profile-store.contract.ts";

profileStoreContract("MemoryProfileStore", () =>
  Promise.resolve({ store: new MemoryProfileStore(), close: () => Promise.resolve() }),
);
