import { MemoryPublicationStore } from "#src/adapters/memory/memory-publication-store.ts";
import { publicationStoreContract } from "./publication-store.contract.ts";

publicationStoreContract("MemoryPublicationStore", () =>
  Promise.resolve({ store: new MemoryPublicationStore(), close: () => Promise.resolve() }),
);
