import type { RejectStore } from "#src/ports/reject-store.ts";
import { callingAws } from "../aws-error.ts";
import { withDataDir } from "../data-dir-stores.ts";
import { findDeployment } from "../deployment.ts";

/** What looking at rejects needs of their store. */
export type RejectReader = Omit<RejectStore, "write">;

/** Where the rejects are: in a data directory, or in a deployment. */
export interface RejectTarget {
  readonly dataDir: string;
  readonly stage?: string;
}

/** Runs `work` on the rejects of the target; nothing is written. */
export async function withRejects<T>(
  { stage, dataDir }: RejectTarget,
  work: (rejects: RejectReader) => Promise<T>,
): Promise<T> {
  if (stage === undefined) return await withDataDir(dataDir, ({ rejects }) => work(rejects));
  const { countersTable } = await findDeployment(stage);
  const { createDocumentClient } = await import("#src/adapters/dynamodb/document-client.ts");
  const { DynamoDbRejectStore } = await import("#src/adapters/dynamodb/dynamodb-reject-store.ts");
  const client = createDocumentClient();
  try {
    const rejects = new DynamoDbRejectStore(client, countersTable);
    return await callingAws({ service: "DynamoDB" }, () => work(rejects));
  } finally {
    client.destroy();
  }
}
