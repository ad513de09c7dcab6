import { createHash } from "node:crypto";
import type { APIGatewayProxyEventV2, APIGatewayProxyWebsocketEventV2 } from "aws-lambda";
import { beforeEach, expect, test } from "vitest";
import { createApiHandler } from "#functions/api/handler.ts";
import { createBroadcastHandler } from "#functions/ws-broadcast/broadcast-handler.ts";
import { createSubscribeHandler } from "#functions/ws-broadcast/subscribe-handler.ts";
import { shownPartition } from "#src/adapters/dynamodb/keys.ts";
import type { LogEntry } from "#src/adapters/memory/memory-logger.ts";
import { MemoryProfileStore } from "#src/adapters/memory/memory-profile-store.ts";
import { allSongsKey } from "#src/domain/counter.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { StoreError } from "#src/domain/errors.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { noTotals } from "#src/domain/totals.ts";
import type { ConnectionId } from "#src/ports/connection-store.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { aMoment } from "#test/support/arbitraries.ts";
import { aPlay } from "#test/support/builders.ts";
import { kinesisEvent, Pipeline } from "#test/support/pipeline.ts";
import { anEpoch, commitEpoch, type MemoryStores, memoryStores } from "#test/support/published.ts";

/** Whatever names a listener, and what only a listener may know. */
const listener = "marker-listener";
const secret = "ew_marker-secret";
const epoch = 1 as EpochNumber;

const lines = (entries: readonly LogEntry[]): string[] => entries.map((entry) => JSON.stringify(entry));

function expectNothingPersonal(entries: readonly LogEntry[]): void {
  for (const line of lines(entries)) {
    expect(line).not.toContain(listener);
    expect(line).not.toContain(secret);
  }
}

let stores: MemoryStores;
beforeEach(() => {
  stores = memoryStores();
});

test("the way of a play into the charts is logged by shard, play, epoch and execution, and names no listener", async () => {
  const pipeline = new Pipeline({ now: () => aMoment });
  const play = aPlay({ userId: listener, eventId: "the-play" });
  const records = [encodePlay(play), encodePlay(play), `{"user_id":"${listener}"}`, listener];
  const consume = pipeline.container();

  await consume(
    kinesisEvent(records.map((data, i) => ({ sequenceNumber: `${i + 1}`, data, arrivedAt: aMoment }))),
  );
  await consume(kinesisEvent([{ sequenceNumber: "9", data: encodePlay(play), arrivedAt: aMoment }]));
  await pipeline.plan();
  await pipeline.plan(); // again, as after a failure
  await pipeline.reduce(epoch);
  await pipeline.userBehavior(epoch);
  await pipeline.recommendation(epoch);
  await pipeline.commit(epoch);

  const { entries } = pipeline.logger;
  expect(entries).toMatchObject([
    {
      message: "records were rejected",
      fields: { shard: expect.any(String), rejects: 2, firstPlay: "the-play" },
    },
    { message: "segment appended", fields: { position: expect.any(String), lastPlay: "the-play" } },
    { message: "epoch planned", fields: { epoch, execution: "run", plays: 1 } },
    { message: "resuming an unfinished epoch", fields: { epoch, execution: "run" } },
    { message: "epoch committed", fields: { epoch, execution: "run" } },
  ]);
  expectNothingPersonal(entries);
});

test("totals that drifted are logged with the epoch and both sides", async () => {
  const pipeline = new Pipeline({ now: () => aMoment });
  const record = { sequenceNumber: "1", data: encodePlay(aPlay({ userId: listener })), arrivedAt: aMoment };
  await pipeline.container()(kinesisEvent([record]));
  await pipeline.plan();
  await pipeline.stores.counters.apply(epoch, aMoment, [
    { key: allSongsKey, totals: { ...noTotals, plays: 5 } },
  ]);

  await pipeline.commit(epoch);

  expect(pipeline.logger.entries).toContainEqual(
    expect.objectContaining({
      level: "error",
      fields: expect.objectContaining({ epoch, drift: 4, plays: 5 }),
    }),
  );
  expectNothingPersonal(pipeline.logger.entries);
});

test("a broadcast is logged by epoch and connection", async () => {
  await commitEpoch(stores, anEpoch(epoch));
  const later = (aMoment + 7_200_000) as EpochMs;
  for (const connection of ["gone", "fails", "well"]) {
    await stores.connections.subscribe(connection as ConnectionId, "stats", later, 1);
  }
  stores.gateway.behaviour.set("gone", "gone").set("fails", "fails");

  await createBroadcastHandler(stores)({ epoch });

  expect(stores.logger.entries).toMatchObject([
    { message: "a frame was not delivered", fields: { epoch, connection: "fails" } },
    { message: "epoch broadcast", fields: { epoch, messages: 1, gone: 1, failed: 1 } },
  ]);
});

test("what a client sends over a WebSocket is not logged", async () => {
  const requestContext = { connectionId: "c" };
  for (const body of [`{"action":"subscribe","channel":"${listener}"}`, secret, `{"action":"${listener}"}`]) {
    const event = { requestContext, isBase64Encoded: false, body };
    await createSubscribeHandler(stores)(event as APIGatewayProxyWebsocketEventV2);
  }

  expectNothingPersonal(stores.logger.entries);
});

test("a request that fails is logged by its route, without the listener, the token and the body", async () => {
  const failing = () => Promise.reject(new StoreError("table Counters: BatchGetItem failed with Throttled"));
  const handler = createApiHandler({
    ...stores,
    access: "open",
    plays: { put: failing },
    profiles: Object.assign(new MemoryProfileStore(), { read: failing }),
    segments: { readHeads: () => Promise.resolve([]) },
    sha256: (text) => createHash("sha256").update(text).digest("hex"),
  });
  const call = (method: string, rawPath: string, body?: string) =>
    handler({
      rawPath,
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body }),
      isBase64Encoded: false,
      requestContext: { http: { method }, stage: "$default" },
    } as unknown as APIGatewayProxyEventV2);

  await call("GET", `/users/${listener}`);
  await call("GET", `/users/${listener}/recommendations`);
  await call("POST", "/plays", encodePlay(aPlay({ userId: listener })));
  await call("POST", "/plays", `{"user_id":"${listener}"}`);
  await call("GET", `/${listener}`);

  expect(stores.logger.entries).toMatchObject([
    { message: "a request failed", fields: { route: "/users/{id}" } },
    { message: "a request failed", fields: { route: "/users/{id}/recommendations" } },
    { message: "plays were not put into the stream", fields: { plays: 1 } },
  ]);
  expectNothingPersonal(stores.logger.entries);
});

test("an error names a listener's item by a hash, and others by their key", () => {
  const hash = createHash("sha256").update(listener).digest("hex").slice(0, 16);

  expect(shownPartition(`USER#${listener}`)).toBe(`USER#<sha256 ${hash}>`);
  expect(shownPartition("SONG#S1")).toBe("SONG#S1");
});
