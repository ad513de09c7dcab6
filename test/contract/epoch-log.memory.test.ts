import { MemoryEpochLog } from "#src/adapters/memory/memory-epoch-log.ts";
import { epochLogContract } from "./epoch-log.contract.ts";

epochLogContract("MemoryEpochLog", () =>
  Promise.resolve({ store: new MemoryEpochLog(), close: () => Promise.resolve() }),
);
