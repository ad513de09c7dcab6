import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyWebsocketEventV2,
  APIGatewayRequestAuthorizerEvent,
} from "aws-lambda";
import { expect, onTestFinished, test } from "vitest";
import { forgetListener } from "#cli/forget/forget-listener.ts";
import { createApiHandler } from "#functions/api/handler.ts";
import { createArchiveHandler } from "#functions/archive/archive-handler.ts";
import type { PlanOutput } from "#functions/mapreduce/plan-handler.ts";
import { createReleaseHandler } from "#functions/mapreduce/release-handler.ts";
import type { LockedSnapshotDeps } from "#functions/verify/locked-snapshot.ts";
import { createVerifyHandler } from "#functions/verify/verify-handler.ts";
import { createAuthorizeHandler } from "#functions/ws-broadcast/authorize-handler.ts";
import { createBroadcastHandler } from "#functions/ws-broadcast/broadcast-handler.ts";
import { createConnectHandler } from "#functions/ws-broadcast/connect-handler.ts";
import { createDisconnectHandler } from "#functions/ws-broadcast/disconnect-handler.ts";
import { createSubscribeHandler } from "#functions/ws-broadcast/subscribe-handler.ts";
import { DynamoDbConnectionStore } from "#src/adapters/dynamodb/dynamodb-connection-store.ts";
import { DynamoDbTokenStore } from "#src/adapters/dynamodb/dynamodb-token-store.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { MemoryArchive } from "#src/adapters/memory/memory-archive.ts";
import { type TokenHash, tokenIdOf, tokenText } from "#src/domain/access-token.ts";
import { chartSize } from "#src/domain/chart.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs, UserId } from "#src/domain/play.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { channels } from "#src/wire/push-protocol.ts";
import { aPlay, someTime } from "#test/support/builders.ts";
import { dynamoDbStores } from "#test/support/dynamodb-stores.ts";
import { kinesisEvent, Pipeline, type PutRecord } from "#test/support/pipeline.ts";
import { type FunctionName, type TableRequests, tableRequests } from "#test/support/table-requests.ts";
import { describeDynamoDb } from "./describe-dynamodb.ts";

/** The actions that IAM asks for a transaction are those of its items. */
function actionsOf(command: string, input: Record<string, unknown>): [table: string, action: string][] {
  const action = command.replace(/Command$/, "");
  if (action === "TransactWrite") {
    const items = input["TransactItems"] as Record<string, { TableName: string }>[];
    return items.flatMap((item) =>
      Object.entries(item).map(([kind, { TableName }]): [string, string] => [TableName, `${kind}Item`]),
    );
  }
  if (action === "BatchExecuteStatement") {
    const statements = input["Statements"] as { readonly Statement: string }[];
    return statements.map(({ Statement }): [string, string] => {
      const [, verb = "", table = ""] = /^(INSERT|UPDATE)(?: INTO)? "([^"]+)"/.exec(Statement) ?? [];
      return [table, verb === "INSERT" ? "PartiQLInsert" : "PartiQLUpdate"];
    });
  }
  if (action.startsWith("Batch")) {
    return Object.keys(input["RequestItems"] as object).map((table) => [table, `${action}Item`]);
  }
  return [[String(input["TableName"]), /^(?:Query|Scan)$/.test(action) ? action : `${action}Item`]];
}

/** Notes what a client sends, by who is said to send it. Until the test ends. */
class Recorder {
  readonly sent = new Map<string, Set<string>>();
  #sender = "nobody";

  constructor(client: DynamoDBDocumentClient) {
    const send = client.send;
    client.send = ((command: { input: Record<string, unknown> }, ...rest: unknown[]) => {
      for (const [table, action] of actionsOf(command.constructor.name, command.input)) {
        const key = `${this.#sender} ${table}`;
        this.sent.set(key, (this.sent.get(key) ?? new Set()).add(action));
      }
      return Reflect.apply(send, client, [command, ...rest]);
    }) as typeof send;
    onTestFinished(() => {
      client.send = send;
    });
  }

  async as<T>(sender: FunctionName, work: () => Promise<T>): Promise<T> {
    this.#sender = sender;
    const result = await work();
    this.#sender = "nobody";
    return result;
  }
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const metrics = { record() {} };

describeDynamoDb("on DynamoDB Local", (local) => {
  test("every function sends what is listed, and so is allowed, and nothing else", {
    timeout: 120_000,
  }, async () => {
    const { client, createTable } = local();
    const names: Record<string, string> = {};
    for (const table of ["Segments", "Counters", "Connections"]) names[await createTable()] = table;
    const [segmentsTable = "", countersTable = "", connectionsTable = ""] = Object.keys(names);
    const stores = dynamoDbStores(client, segmentsTable, countersTable);
    const tokens = new DynamoDbTokenStore(client, countersTable);
    const token = tokenText("t".repeat(43));
    const hash = sha256(token) as TokenHash;
    const clock = (): EpochMs => someTime;
    await tokens.create({
      ...{ id: tokenIdOf(hash), hash, label: "test", scope: { kind: "operator" } },
      ...{ createdAt: someTime, expiresAt: (someTime + 1) as EpochMs },
    });
    const recorder = new Recorder(client);
    const shared = { ...stores, clock, logger, metrics };

    const socket = {
      ...shared,
      connections: new DynamoDbConnectionStore(client, connectionsTable),
      gateway: {
        send: (to: string) => Promise.resolve(to === "leaver" ? ("gone" as const) : ("sent" as const)),
      },
      allowedOrigins: ["*"],
    };
    const event = (connectionId: string, message?: object) =>
      ({
        requestContext: { connectionId },
        ...(message === undefined ? {} : { body: JSON.stringify(message) }),
      }) as unknown as APIGatewayProxyWebsocketEventV2;
    const say = (connection: string, message: object) =>
      recorder.as("RealtimeSubscribe", () => createSubscribeHandler(socket)(event(connection, message)));
    for (const connection of ["stayer", "other"]) {
      await recorder.as("RealtimeConnect", () => createConnectHandler(socket)(event(connection)));
      for (const channel of channels.slice(0, 8)) await say(connection, { action: "subscribe", channel });
      await say(connection, { action: "ping" });
      await say(connection, { action: "unsubscribe", channel: channels[0] });
    }
    await say("leaver", { action: "subscribe", channel: "stats" });
    await socket.connections.subscribe("leaver" as never, "stats", (someTime + 1000) as EpochMs, 1);

    const pipeline = new Pipeline({
      ...{ stores, now: () => someTime },
      ...{ playsPerWorker: 4, maxWorkers: 3, maxProfilePlays: 300 },
    });
    const archive = new MemoryArchive();
    const runEpoch = async (epoch: EpochNumber): Promise<void> => {
      const planned = await recorder.as("Plan", () => pipeline.plan());
      expect(planned).toMatchObject({ kind: "epoch", epoch, isShared: epoch <= 3 });
      await recorder.as("Plan", () => pipeline.plan()); // resumed
      if (planned.kind === "epoch") await runStages(recorder, pipeline, planned);
      await recorder.as("Recommendation", () => pipeline.recommendation(epoch));
      await recorder.as("Commit", () => pipeline.commit(epoch));
      await recorder.as("RealtimeBroadcast", () => createBroadcastHandler(socket)({ epoch }));
    };
    await consume(pipeline, archive, manyPlays); // full charts
    for (let epoch = 1 as EpochNumber; epoch <= 3; epoch++) {
      await recorder.as("ConsumerConsume", () => consume(pipeline, archive, someRecords(epoch)));
      await runEpoch(epoch);
    }
    await recorder.as("Plan", () => pipeline.plan()); // idle
    expect(await recorder.as("VerifierVerify", () => verify(shared, archive))).toMatchObject({ drift: 0 });
    await say("latecomer", { action: "subscribe", channel: "songs.all" });
    await recorder.as("Release", () => createReleaseHandler(stores)({ execution: "run" }));
    await recorder.as("RealtimeDisconnect", () => createDisconnectHandler(socket)(event("stayer")));

    await recorder.as("RealtimeAuthorize", () =>
      createAuthorizeHandler({ tokens, sha256, clock })({
        queryStringParameters: { token },
        methodArn: "arn",
      } as unknown as APIGatewayRequestAuthorizerEvent),
    );
    const api = createApiHandler({ ...shared, access: tokens, sha256, plays: { put: async () => {} } });
    const { rejects } = await stores.rejects.list({ day: someTime, limit: 10 });
    expect(rejects).toHaveLength(6);
    const rejectPaths = ["/rejects", "/rejects/counts", `/rejects/${rejects[0]?.id}`];
    const paths = [
      "/plays/recent",
      "/charts/songs",
      "/songs/s1",
      "/users/u",
      "/users/u/recommendations",
      "/stats",
    ];
    for (const path of [...paths, ...rejectPaths]) {
      const { statusCode } = await recorder.as("HttpFunction", () => api(aGet(path, token)));
      expect(statusCode).toBe(200);
    }

    const forgotten = await forgetListener(
      {
        stores: { ...stores, tokens },
        ...{ archive, clock, owner: "forget", applied: runEpoch },
        pause: (reason) => Promise.reject(new Error(`waits for ${reason}`)),
        alone: (work) => work(),
      },
      user,
    );
    expect(forgotten).toMatchObject({ epoch: 4, plays: 15, rejects: 3 });

    expect(sentBy(recorder, names)).toEqual(withoutRare(tableRequests));
  });
});

/** MapReduce and UserBehavior, by one worker each or by several. */
async function runStages(
  recorder: Recorder,
  pipeline: Pipeline,
  { epoch, isShared, workers, areProfilesShared, profileWorkers }: PlannedEpoch,
): Promise<void> {
  for (const worker of workers) await recorder.as("Reduce", () => pipeline.reduceWorker(epoch, worker));
  if (isShared) await recorder.as("Charts", () => pipeline.charts(epoch));
  const folds = areProfilesShared ? profileWorkers : [0];
  for (const worker of folds)
    await recorder.as("UserBehavior", () => pipeline.userBehaviorWorker(epoch, worker));
  if (areProfilesShared) await recorder.as("Listeners", () => pipeline.listeners(epoch));
}

type PlannedEpoch = Extract<PlanOutput, { readonly kind: "epoch" }>;

const user = "u" as UserId;

/** As many songs, artists and listeners as a chart has entries. */
const manyPlays: readonly PutRecord[] = Array.from({ length: chartSize }, (_, i) => ({
  sequenceNumber: String(1000 + i),
  data: encodePlay(
    aPlay({ userId: `other${i}`, track: { id: `other${i}`, artist: `other${i}` }, msPlayed: 30_000 }),
  ),
  arrivedAt: someTime,
}));

/** Five plays, one of them marked, and two rejects, one of which names its listener. */
function someRecords(epoch: number): readonly PutRecord[] {
  const plays = Array.from({ length: 5 }, (_, i) =>
    encodePlay(
      aPlay({
        ...{ userId: user, track: { id: `s${i}` }, msPlayed: 180_000 },
        ...(i === 0 ? { dedupe: "always" } : {}),
      }),
    ),
  );
  return [...plays, "no play", JSON.stringify({ user_id: user })].map((data, i) => ({
    sequenceNumber: String(2000 + epoch * 10 + i),
    data,
    arrivedAt: someTime,
  }));
}

/** By a container that remembers nothing. */
async function consume(
  pipeline: Pipeline,
  archive: MemoryArchive,
  records: readonly PutRecord[],
): Promise<void> {
  const event = kinesisEvent(records);
  await pipeline.container()(event);
  const decodeBase64 = (text: string) => Buffer.from(text, "base64");
  await createArchiveHandler({ archive, decodeBase64, logger, metrics })(event);
}

function verify(shared: Omit<LockedSnapshotDeps, "pause" | "leaseMs">, archive: MemoryArchive) {
  const handler = createVerifyHandler({
    ...{ ...shared, ...nodeRecordCodec, archive, metrics, pause },
    ...{ leaseMs: 300_000, horizonMs: 600_000, days: 0 },
  });
  return handler({}, { awsRequestId: "verification", getRemainingTimeInMillis: () => 900_000 });
}

const aGet = (rawPath: string, token: string): APIGatewayProxyEventV2 =>
  ({
    rawPath,
    headers: { authorization: `Bearer ${token}` },
    requestContext: { http: { method: "GET", path: rawPath }, stage: "$default" },
  }) as unknown as APIGatewayProxyEventV2;

function sentBy({ sent }: Recorder, names: Readonly<Record<string, string>>): Record<string, TableRequests> {
  const found: Record<string, Record<string, readonly string[]>> = {};
  for (const [key, actions] of sent) {
    const [sender = "", table = ""] = key.split(" ");
    if (sender === "nobody") continue;
    found[sender] = { ...found[sender], [names[table] ?? table]: [...actions].sort() };
  }
  return found;
}

/** What a small run does not come to: pages of megabytes that shrink, and so are deleted. */
const rare: Readonly<Record<string, string>> = {
  UserBehavior: "DeleteItem",
  Recommendation: "DeleteItem",
  Charts: "DeleteItem",
  Listeners: "DeleteItem",
};

function withoutRare(requests: Readonly<Record<string, TableRequests>>): Record<string, TableRequests> {
  return Object.fromEntries(
    Object.entries(requests)
      .filter(([, tables]) => Object.keys(tables).length > 0)
      .map(([sender, tables]) => [
        sender,
        Object.fromEntries(
          Object.entries(tables).map(([table, actions]) => [
            table,
            actions.filter((action) => action !== rare[sender]),
          ]),
        ),
      ]),
  );
}
