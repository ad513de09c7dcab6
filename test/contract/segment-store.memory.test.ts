import { MemorySegmentStore } from "#src/adapters/memory/memory-segment-store.ts";
import { segmentStoreContract } from "./segment-store.contract.ts";

segmentStoreContract("MemorySegmentStore", () =>
  Promise.resolve({ store: new MemorySegmentStore(), close: () => Promise.resolve() }),
);
