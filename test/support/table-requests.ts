/** What a function sends to one table, without `dynamodb:`. */
export type TableRequests = Readonly<Record<string, readonly string[]>>;

/**
 * The requests that each function's adapters send, by function and table. test/contract/table-requests.test.ts holds it
 * against what is sent, test/infra/functions.test.ts against what is allowed.
 */
export const tableRequests = {
  ConsumerConsume: { Segments: ["GetItem", "PutItem", "Query"] },
  ArchiverArchive: {},
  Plan: { Segments: ["Query"], Counters: ["DeleteItem", "PutItem", "Query"] },
  Reduce: {
    Segments: ["Query"],
    Counters: [
      ...(["BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem"] as const),
      ...(["PartiQLInsert", "PartiQLUpdate", "PutItem", "Query", "Scan"] as const),
    ],
  },
  Charts: {
    Counters: ["BatchGetItem", "DeleteItem", "GetItem", "PartiQLInsert", "PartiQLUpdate", "PutItem"],
  },
  UserBehavior: {
    Segments: ["Query"],
    Counters: ["BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan"],
  },
  Listeners: { Counters: ["DeleteItem", "GetItem", "PutItem"] },
  Recommendation: { Counters: ["DeleteItem", "GetItem", "PutItem"] },
  Commit: { Segments: ["Query"], Counters: ["BatchGetItem", "DeleteItem", "GetItem", "UpdateItem"] },
  Release: { Counters: ["DeleteItem"] },
  VerifierVerify: { Counters: ["DeleteItem", "GetItem", "PutItem", "Query", "Scan"] },
  StartTrigger: {},
  RealtimeAuthorize: { Counters: ["GetItem"] },
  RealtimeConnect: { Connections: ["UpdateItem"] },
  RealtimeDisconnect: { Connections: ["DeleteItem"] },
  RealtimeSubscribe: { Connections: ["DeleteItem", "GetItem", "UpdateItem"], Counters: ["GetItem", "Query"] },
  RealtimeBroadcast: { Connections: ["DeleteItem", "Query"], Counters: ["GetItem", "PutItem"] },
  HostingPublish: {},
  HttpFunction: { Segments: ["Query"], Counters: ["BatchGetItem", "GetItem", "Query"] },
} as const satisfies Readonly<Record<string, TableRequests>>;

export type FunctionName = keyof typeof tableRequests;
