import type { CounterStore } from "#src/ports/counter-store.ts";
import type { ProfileStore } from "#src/ports/profile-store.ts";

async function* nothing(): AsyncGenerator<never> {}

/** Stores that take no time: what a handler takes with these it takes itself. */
export const forgetfulCounters: CounterStore = {
  apply: () => Promise.resolve([]),
  replace: () => Promise.resolve(),
  read: () => Promise.resolve([]),
  list: nothing,
};

export const forgetfulProfiles: ProfileStore = {
  read: () => Promise.resolve(new Map()),
  heads: () => Promise.resolve(new Map()),
  add: () => Promise.resolve([]),
  write: () => Promise.resolve([]),
  forget: () => Promise.resolve(),
  list: nothing,
};
