import { callingAws } from "../aws-error.ts";
import { findDeployment } from "../deployment.ts";
import type { TraceSource } from "./trace-event.ts";

/** Runs `work` over the tables of a deployed stage. */
export async function withStage<T>(stage: string, work: (source: TraceSource) => Promise<T>): Promise<T> {
  const { segmentsTable, countersTable } = await findDeployment(stage);
  const { createDocumentClient } = await import("#src/adapters/dynamodb/document-client.ts");
  const { DynamoDbEpochLog } = await import("#src/adapters/dynamodb/dynamodb-epoch-log.ts");
  const { DynamoDbPublicationStore } = await import("#src/adapters/dynamodb/dynamodb-publication-store.ts");
  const { DynamoDbSegmentStore } = await import("#src/adapters/dynamodb/dynamodb-segment-store.ts");
  const client = createDocumentClient();
  const source = {
    segments: new DynamoDbSegmentStore(client, segmentsTable),
    epochs: new DynamoDbEpochLog(client, countersTable),
    publications: new DynamoDbPublicationStore(client, countersTable),
  };
  try {
    return await callingAws({ service: "DynamoDB" }, () => work(source));
  } finally {
    client.destroy();
  }
}
