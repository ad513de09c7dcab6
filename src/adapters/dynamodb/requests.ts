import { setTimeout as pause } from "node:timers/promises";
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import {
  BatchExecuteStatementCommand,
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

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html */
const batchStatements = 25;

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

/**
 * Reads items in no particular order; those that do not exist are left out. Keys are distinct.
 *
 * @param isConsistent whether nothing that was written may be missing; half the price where that does not matter
 */
export async function readItems(
  client: DynamoDBDocumentClient,
  table: string,
  keys: readonly ItemKey[],
  isConsistent = true,
): Promise<readonly Item[]> {
  const batches = Array.from({ length: Math.ceil(keys.length / batchGetKeys) }, (_, index) =>
    keys.slice(index * batchGetKeys, (index + 1) * batchGetKeys),
  );
  return (await mapInFlight(batches, (batch) => readBatch(client, table, batch, isConsistent))).flat();
}

async function readBatch(
  client: DynamoDBDocumentClient,
  table: string,
  keys: readonly ItemKey[],
  ConsistentRead: boolean,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let missing: Record<string, unknown>[] = keys.map(({ pk, sk }) => ({ pk, sk }));
  let fruitless = 0;
  while (missing.length > 0) {
    const request = client.send(
      new BatchGetCommand({ RequestItems: { [table]: { Keys: missing, ConsistentRead } } }),
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

/** A write in PartiQL with a condition. Each of a batch is for itself: billed, guarded, and refused without the others. */
export interface Statement {
  readonly Statement: string;
  readonly Parameters: readonly unknown[];
}

/** The condition of an UPDATE did not hold; there was an item to INSERT already. */
const refusals: readonly (string | undefined)[] = ["ConditionalCheckFailed", "DuplicateItem"];
/** What is worth another attempt. */
const passing: readonly (string | undefined)[] = [
  "InternalServerError",
  "ProvisionedThroughputExceeded",
  "RequestLimitExceeded",
  "ThrottlingError",
  "TransactionConflict",
];

/**
 * Runs conditional writes, 25 a request, in no particular order.
 *
 * A request of one write took 970 us of CPU through the SDK, of 25 it took 66 us a write (and 386 and 25 us with a signer of
 * our own on node:http), so writes come in batches and the SDK stays (ADR 22).
 *
 * @returns for each whether its condition held
 */
export async function runStatements(
  client: DynamoDBDocumentClient,
  table: string,
  statements: readonly Statement[],
): Promise<readonly boolean[]> {
  const batches = Array.from({ length: Math.ceil(statements.length / batchStatements) }, (_, index) =>
    statements.slice(index * batchStatements, (index + 1) * batchStatements),
  );
  return (await mapInFlight(batches, (batch) => runBatch(client, table, batch))).flat();
}

async function runBatch(
  client: DynamoDBDocumentClient,
  table: string,
  statements: readonly Statement[],
): Promise<readonly boolean[]> {
  const held = statements.map(() => false);
  let waiting = statements.map((_, at) => at);
  let fruitless = 0;
  for (;;) {
    const Statements = waiting.map((at) => statements[at] as Statement & { readonly Parameters: unknown[] });
    const request = client.send(new BatchExecuteStatementCommand({ Statements }));
    const { Responses = [] } = await answerOf(table, "BatchExecuteStatement", request);
    const again = waiting.filter((at, i) => {
      const error = Responses[i]?.Error;
      held[at] = error === undefined && Responses[i] !== undefined;
      if (held[at] || refusals.includes(error?.Code)) return false;
      if (passing.includes(error?.Code)) return true;
      throw new StoreError(
        `table ${table}: BatchExecuteStatement failed with ${error?.Code ?? "no answer"}: ${error?.Message ?? ""}`,
      );
    });
    if (again.length === 0) return held;
    fruitless = again.length < waiting.length ? 0 : fruitless + 1;
    waiting = again;
    if (fruitless > fruitlessAttempts) {
      throw new StoreError(`table ${table}: BatchExecuteStatement left ${waiting.length} writes undone`);
    }
    await backOff(fruitless);
  }
}
