import type { RejectStore } from "#src/ports/reject-store.ts";
import { withDataDir } from "../data-dir-stores.ts";
import { onStage, type Target } from "../target.ts";

/** What looking at rejects needs of their store. */
export type RejectReader = Omit<RejectStore, "write">;

/** Runs `work` on the rejects of the target; nothing is written. */
export async function withRejects<T>(
  { stage, dataDir }: Target,
  work: (rejects: RejectReader) => Promise<T>,
): Promise<T> {
  if (stage === undefined) return await withDataDir(dataDir, ({ rejects }) => work(rejects));
  const { DynamoDbRejectStore } = await import("#src/adapters/dynamodb/dynamodb-reject-store.ts");
  return await onStage(stage, (client, { countersTable }) =>
    work(new DynamoDbRejectStore(client, countersTable)),
  );
}
