import { expect, test } from "vitest";
import { yieldingStores } from "#local/yielding-stores.ts";
import { MemoryCounterStore } from "#src/adapters/memory/memory-counter-store.ts";
import { MemoryProfileStore } from "#src/adapters/memory/memory-profile-store.ts";
import { MemorySegmentStore } from "#src/adapters/memory/memory-segment-store.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";

const stores = {
  segments: new MemorySegmentStore(),
  counters: new MemoryCounterStore(),
  profiles: new MemoryProfileStore(),
};

function work(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

test.each<[string, (some: typeof stores) => Promise<unknown>]>([
  ["counters", ({ counters }) => counters.apply(1 as EpochNumber, 0 as EpochMs, [])],
  ["profiles that are read", ({ profiles }) => profiles.read([])],
  ["profiles that are added to", ({ profiles }) => profiles.add(1 as EpochNumber, [])],
  ["profiles whose heads are read", ({ profiles }) => profiles.heads([])],
  ["profiles that are written", ({ profiles }) => profiles.write(1 as EpochNumber, [])],
])("a stage of many calls lets others have their turn: %s", async (_, call) => {
  const yielding = { ...stores, ...yieldingStores(stores) } as typeof stores;
  let turns = 0;
  const others = setInterval(() => {
    turns += 1;
  }, 1);

  for (let calls = 0; calls < 50; calls++) {
    await call(yielding);
    work(5);
  }
  clearInterval(others);

  expect(turns).toBeGreaterThan(5);
});
