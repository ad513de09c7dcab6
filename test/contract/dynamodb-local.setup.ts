import type { TestProject } from "vitest/node";
import { startDynamoDb, whyUnavailable } from "#test/support/dynamodb-local.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The instance that all files share. */
    readonly dynamoDbEndpoint?: string;
  }
}

/** Vitest's global setup: one DynamoDB Local for the whole run. Who needs it waits until it answers. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (whyUnavailable() !== undefined) return () => Promise.resolve();
  const { endpoint, stop } = await startDynamoDb();
  project.provide("dynamoDbEndpoint", endpoint);
  return stop;
}
