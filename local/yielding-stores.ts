import { setImmediate } from "node:timers/promises";
import type { CounterStore } from "#src/ports/counter-store.ts";
import type { ProfileStore } from "#src/ports/profile-store.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";

/** How long calls may follow each other without a turn for anything else, ms. */
const turnMs = 20;

interface YieldingStores {
  readonly segments: SegmentStore;
  readonly counters: CounterStore;
  readonly profiles: ProfileStore;
}

/**
 * Stores in the same process answer without I/O: a stage that makes thousands of calls would keep servers, signals and
 * timers waiting until its end. These let them have their turn before a call.
 */
export function yieldingStores({ segments, counters, profiles }: YieldingStores): YieldingStores {
  let lastTurn = performance.now();
  const turn = async (): Promise<void> => {
    if (performance.now() - lastTurn < turnMs) return;
    await setImmediate();
    lastTurn = performance.now();
  };
  return {
    segments: {
      readHead: (shard) => segments.readHead(shard),
      readHeads: () => segments.readHeads(),
      append: async (segment, expiresAt) => {
        await turn();
        return await segments.append(segment, expiresAt);
      },
      async *readRange(shard, from, to) {
        for await (const segment of segments.readRange(shard, from, to)) {
          await turn();
          yield segment;
        }
      },
      readBack: (shard, from) => segments.readBack(shard, from),
    },
    counters: {
      apply: async (epoch, now, deltas) => {
        await turn();
        return await counters.apply(epoch, now, deltas);
      },
      replace: async (epoch, replaced) => {
        await turn();
        await counters.replace(epoch, replaced);
      },
      read: (keys) => counters.read(keys),
      list: (prefix) => counters.list(prefix),
    },
    profiles: {
      read: async (users) => {
        await turn();
        return await profiles.read(users);
      },
      heads: async (users) => {
        await turn();
        return await profiles.heads(users);
      },
      add: async (epoch, additions) => {
        await turn();
        return await profiles.add(epoch, additions);
      },
      write: async (epoch, writes) => {
        await turn();
        return await profiles.write(epoch, writes);
      },
      forget: (epoch, user) => profiles.forget(epoch, user),
      list: () => profiles.list(),
    },
  };
}
