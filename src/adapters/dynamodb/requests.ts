import { setTimeout as pause } from "node:timers/promises";
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  BatchWriteCommand,
  type BatchWriteCommandInput,
  type DynamoDBDocumentClient,
} from "@aws-sdk/lib-dynamodb";
import { StoreError } from "#src/domain/errors.ts";
import { type Item, itemFrom } from "./item.ts";
import type { ItemKey } from "./keys.ts";

/** How many requests one call of an adapter has under way. */
const inFlight = 64;
/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const batchGetKeys = 100;
const firstPauseMs = 25;
const longestPauseMs = 1_000;
/** How often a batch may come back without a single item before it is given up. */
const fruitlessAttempts = 8;

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
const batchWriteItems = 25;

/** Waits for a request and says where it failed. */
export async function answerOf<T>(table: string, operation: string, request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (cause) {
    throw storeError(table, operation, cause);
  }
}

export function storeError(table: string, operation: string, cause: unknown): StoreError {
  const reason = cause instanceof Error ? cause.name : String(cause);
  return new StoreError(`table ${table}: ${operation} failed with ${reason}`, { cause });
}

/** What a conditional write answered, or the item that its condition refused. */
export type Conditional<T> =
  | { readonly kind: "written"; readonly output: T }
  | { readonly kind: "refused"; readonly stored: Item };

/** Waits for a conditional write that asks for ALL_OLD on a failed condition. */
export async function conditional<T>(
  table: string,
  operation: string,
  request: Promise<T>,
): Promise<Conditional<T>> {
  try {
    return { kind: "written", output: await request };
  } catch (cause) {
    if (!(cause instanceof ConditionalCheckFailedException)) throw storeError(table, operation, cause);
    return { kind: "refused", stored: itemFrom(cause.Item ?? {}) };
  }
}

/** Waits before attempt 1, 2, 3, ...: exponential, with full jitter, so that those who collided part. */
export async function backOff(attempt: number): Promise<void> {
  await pause(Math.random() * Math.min(longestPauseMs, firstPauseMs * 2 ** attempt));
}

/** Maps in parallel, a bounded number at a time, in order. After a failure nothing more is started. */
export async function mapInFlight<T, R>(
  items: readonly T[],
  map: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    while (!failed && next < items.length) {
      const index = next++;
      results[index] = await map(items[index] as T);
    }
  };
  const workers = Array.from({ length: Math.min(inFlight, items.length) }, () =>
    work().catch((cause: unknown) => {
      failed = true;
      throw cause;
    }),
  );
  const outcomes = await Promise.allSettled(workers);
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  return results;
}

/** Reads items, strongly consistent, in no particular order; those that do not exist are left out. Keys are distinct. */
export async function readItems(
  client: DynamoDBDocumentClient,
  table: string,
  keys: readonly ItemKey[],
): Promise<readonly Item[]> {
  const batches = Array.from({ length: Math.ceil(keys.length / batchGetKeys) }, (_, index) =>
    keys.slice(index * batchGetKeys, (index + 1) * batchGetKeys),
  );
  return (await mapInFlight(batches, (batch) => readBatch(client, table, batch))).flat();
}

async function readBatch(
  client: DynamoDBDocumentClient,
  table: string,
  keys: readonly ItemKey[],
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let missing: Record<string, unknown>[] = keys.map(({ pk, sk }) => ({ pk, sk }));
  let fruitless = 0;
  while (missing.length > 0) {
    const request = client.send(
      new BatchGetCommand({ RequestItems: { [table]: { Keys: missing, ConsistentRead: true } } }),
    );
    const { Responses, UnprocessedKeys } = await answerOf(table, "BatchGetItem", request);
    const found: readonly Item[] = Responses?.[table] ?? [];
    items.push(...found);
    missing = UnprocessedKeys?.[table]?.Keys ?? [];
    fruitless = found.length > 0 ? 0 : fruitless + 1;
    if (missing.length === 0) break;
    if (fruitless > fruitlessAttempts) {
      throw new StoreError(`table ${table}: BatchGetItem left ${missing.length} keys unprocessed`);
    }
    if (fruitless > 0) await backOff(fruitless);
  }
  return items;
}

/** Puts items without a condition, 25 a request, in no particular order. Keys are distinct. */
export async function putItems(
  client: DynamoDBDocumentClient,
  table: string,
  items: readonly (Item & ItemKey)[],
): Promise<void> {
  const batches = Array.from({ length: Math.ceil(items.length / batchWriteItems) }, (_, index) =>
    items.slice(index * batchWriteItems, (index + 1) * batchWriteItems),
  );
  await mapInFlight(batches, (batch) => putBatch(client, table, batch));
}

async function putBatch(
  client: DynamoDBDocumentClient,
  table: string,
  items: readonly (Item & ItemKey)[],
): Promise<void> {
  let requests: NonNullable<BatchWriteCommandInput["RequestItems"]>[string] = items.map((Item) => ({
    PutRequest: { Item },
  }));
  let fruitless = 0;
  for (;;) {
    const before = requests.length;
    const request = client.send(new BatchWriteCommand({ RequestItems: { [table]: requests } }));
    const { UnprocessedItems } = await answerOf(table, "BatchWriteItem", request);
    requests = UnprocessedItems?.[table] ?? [];
    if (requests.length === 0) return;
    fruitless = requests.length < before ? 0 : fruitless + 1;
    if (fruitless > fruitlessAttempts) {
      throw new StoreError(`table ${table}: BatchWriteItem left ${requests.length} items unprocessed`);
    }
    await backOff(fruitless);
  }
}
