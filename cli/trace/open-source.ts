import { onStage } from "../target.ts";
import type { TraceSource } from "./trace-event.ts";

/** Runs `work` over the tables of a deployed stage. */
export async function withStage<T>(stage: string, work: (source: TraceSource) => Promise<T>): Promise<T> {
  const { DynamoDbClaimStore } = await import("#src/adapters/dynamodb/dynamodb-claim-store.ts");
  const { DynamoDbEpochLog } = await import("#src/adapters/dynamodb/dynamodb-epoch-log.ts");
  const { DynamoDbPublicationStore } = await import("#src/adapters/dynamodb/dynamodb-publication-store.ts");
  const { DynamoDbSegmentStore } = await import("#src/adapters/dynamodb/dynamodb-segment-store.ts");
  return await onStage(stage, (client, { segmentsTable, countersTable }) =>
    work({
      segments: new DynamoDbSegmentStore(client, segmentsTable),
      epochs: new DynamoDbEpochLog(client, countersTable),
      publications: new DynamoDbPublicationStore(client, countersTable),
      claims: new DynamoDbClaimStore(client, countersTable),
    }),
  );
}
