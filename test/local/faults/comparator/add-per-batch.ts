import type { Caller } from "../invocation.ts";
import type { Consume } from "../world.ts";
import { songCounts } from "./charted-songs.ts";
import type { PlainTable } from "./plain-table.ts";

/** One ADD per song and batch; after a failure the mapping delivers the batch again. */
export const addPerBatch =
  (table: PlainTable, caller: Caller): Consume =>
  async ({ Records }) => {
    for (const [song, plays] of songCounts(Records)) await table.add(caller, song, plays);
  };
