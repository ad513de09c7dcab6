import { DynamoDbClaimStore } from "#src/adapters/dynamodb/dynamodb-claim-store.ts";
import { DynamoDbCounterStore } from "#src/adapters/dynamodb/dynamodb-counter-store.ts";
import { DynamoDbEpochLog } from "#src/adapters/dynamodb/dynamodb-epoch-log.ts";
import { DynamoDbProfileStore } from "#src/adapters/dynamodb/dynamodb-profile-store.ts";
import { DynamoDbPublicationStore } from "#src/adapters/dynamodb/dynamodb-publication-store.ts";
import { DynamoDbRejectStore } from "#src/adapters/dynamodb/dynamodb-reject-store.ts";
import { DynamoDbSegmentStore } from "#src/adapters/dynamodb/dynamodb-segment-store.ts";
import { SqliteClaimStore } from "#src/adapters/sqlite/sqlite-claim-store.ts";
import { SqliteCounterStore } from "#src/adapters/sqlite/sqlite-counter-store.ts";
import { SqliteDatabase } from "#src/adapters/sqlite/sqlite-database.ts";
import { SqliteEpochLog } from "#src/adapters/sqlite/sqlite-epoch-log.ts";
import { SqliteProfileStore } from "#src/adapters/sqlite/sqlite-profile-store.ts";
import { SqlitePublicationStore } from "#src/adapters/sqlite/sqlite-publication-store.ts";
import { SqliteRejectStore } from "#src/adapters/sqlite/sqlite-reject-store.ts";
import { SqliteSegmentStore } from "#src/adapters/sqlite/sqlite-segment-store.ts";
import type { DynamoDbLocal } from "#test/support/dynamodb-local.ts";
import { memoryStores } from "#test/support/pipeline.ts";
import type { FaultLog } from "./fault-kinds.ts";
import { flakyClient } from "./flaky-client.ts";
import type { OpenedStores } from "./harness.ts";
import type { Scenario } from "./scenario.ts";

export const storeNames = ["memory", "sqlite", "dynamodb"] as const;
export type StoreName = (typeof storeNames)[number];

export const openMemory = (): Promise<OpenedStores> =>
  Promise.resolve({ stores: memoryStores(), close: () => undefined });

export function openSqliteStores(): Promise<OpenedStores> {
  const db = new SqliteDatabase(":memory:");
  return Promise.resolve({
    stores: {
      segments: new SqliteSegmentStore(db),
      claims: new SqliteClaimStore(db),
      counters: new SqliteCounterStore(db, { counters: 20, bytes: 20_000, direct: 4 }), // by the log and past it
      profiles: new SqliteProfileStore(db, { smallBytes: 0, apart: 4, listed: 12 }), // all that it does with few plays
      publications: new SqlitePublicationStore(db),
      rejects: new SqliteRejectStore(db),
      epochs: new SqliteEpochLog(db),
    },
    close: () => db.close(),
  });
}

/** Two new tables for each run, and a client of which requests fail. */
export const openDynamoDb =
  (local: () => DynamoDbLocal) =>
  async (scenario: Scenario, faults: FaultLog): Promise<OpenedStores> => {
    const { createTable } = local();
    const [segments, counters] = [await createTable(), await createTable()];
    let isCalm = false;
    const client = flakyClient(local().client, JSON.stringify(scenario), faults, () => isCalm);
    return {
      stores: {
        segments: new DynamoDbSegmentStore(client, segments),
        claims: new DynamoDbClaimStore(client, counters),
        counters: new DynamoDbCounterStore(client, counters),
        profiles: new DynamoDbProfileStore(client, counters, { runs: 1, fits: (_, plays) => plays <= 3 }),
        publications: new DynamoDbPublicationStore(client, counters),
        rejects: new DynamoDbRejectStore(client, counters),
        epochs: new DynamoDbEpochLog(client, counters),
      },
      calm: () => {
        isCalm = true;
      },
      close: () => undefined,
    };
  };
