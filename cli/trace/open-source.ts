import { existsSync } from "node:fs";
import { join } from "node:path";
import { callingAws } from "../aws-error.ts";
import { CliError, messageOf } from "../cli-error.ts";
import { findDeployment } from "../deployment.ts";
import type { TraceSource } from "./trace-event.ts";

/** Runs `work` over the stores of a data directory, read only: `earworm dev` may be working on it. */
export async function withDataDir<T>(dataDir: string, work: (source: TraceSource) => Promise<T>): Promise<T> {
  if (!existsSync(join(dataDir, "earworm.db"))) {
    throw new CliError(
      `${dataDir} is no data directory: name the one of earworm dev with --data-dir, or a deployment with --stage`,
    );
  }
  const stores = await openReadOnly(dataDir);
  try {
    return await work(stores);
  } finally {
    stores.close();
  }
}

async function openReadOnly(dataDir: string) {
  const { openStores } = await import("#local/stores.ts");
  try {
    return openStores(dataDir, { readOnly: true });
  } catch (cause) {
    throw new CliError(
      `cannot read ${dataDir} (${messageOf(cause)}); if it is of an earlier version, start earworm dev on it once`,
      { cause },
    );
  }
}

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
