import { setTimeout as pause } from "node:timers/promises";
import { SqliteProfileStore } from "#src/adapters/sqlite/sqlite-profile-store.ts";

/** Loaded before `earworm dev`: its epochs take a minute longer than anybody waits for an end. */
const { add } = SqliteProfileStore.prototype;
SqliteProfileStore.prototype.add = async function (...call) {
  process.stderr.write("profiles are written slowly\n");
  await pause(60_000);
  return await add.apply(this, call);
};
