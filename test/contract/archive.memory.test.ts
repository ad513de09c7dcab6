import { MemoryArchive } from "#src/adapters/memory/memory-archive.ts";
import { archiveContract } from "./archive.contract.ts";

archiveContract("MemoryArchive", () =>
  Promise.resolve({ store: new MemoryArchive(), close: () => Promise.resolve() }),
);
