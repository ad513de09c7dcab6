import { isDeepStrictEqual } from "node:util";
import { deflateRawSync } from "node:zlib";
import type { BatchStatementErrorCodeEnum } from "@aws-sdk/client-dynamodb";
import {
  type BatchExecuteStatementCommandInput,
  type BatchExecuteStatementCommandOutput,
  DeleteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  paginateScan,
} from "@aws-sdk/lib-dynamodb";
import { describe, expect, onTestFinished, test } from "vitest";
import { DynamoDbClaimStore } from "#src/adapters/dynamodb/dynamodb-claim-store.ts";
import { DynamoDbConnectionStore } from "#src/adapters/dynamodb/dynamodb-connection-store.ts";
import { DynamoDbCounterStore } from "#src/adapters/dynamodb/dynamodb-counter-store.ts";
import { DynamoDbEpochLog } from "#src/adapters/dynamodb/dynamodb-epoch-log.ts";
import { DynamoDbProfileStore } from "#src/adapters/dynamodb/dynamodb-profile-store.ts";
import { DynamoDbPublicationStore } from "#src/adapters/dynamodb/dynamodb-publication-store.ts";
import { DynamoDbSegmentStore } from "#src/adapters/dynamodb/dynamodb-segment-store.ts";
import { artistKey, songKey } from "#src/domain/counter.ts";
import type { EpochNumber, EpochRecord } from "#src/domain/epoch.ts";
import { CorruptStoreError, StaleEpochError, StoreError } from "#src/domain/errors.ts";
import type { ArtistName, EpochMs, EventId, TrackId, UserId } from "#src/domain/play.ts";
import { noCounts, origin, positionAt, type ShardKey } from "#src/domain/position.ts";
import type { PublicationKey } from "#src/domain/publication-key.ts";
import type { Segment } from "#src/domain/segment.ts";
import { addTotals, noTotals, type Totals } from "#src/domain/totals.ts";
import type { Verification } from "#src/domain/verification.ts";
import { currentWindows, type WindowId } from "#src/domain/windows.ts";
import type { ConnectionId } from "#src/ports/connection-store.ts";
import { encodeProfile } from "#src/wire/profile-codec.ts";
import { encodeTotals } from "#src/wire/totals-codec.ts";
import { itemsOf } from "#test/support/dynamodb-local.ts";
import { describeDynamoDb } from "./describe-dynamodb.ts";
import { collect } from "./opened.ts";
import { aBigProfile, aProfile } from "./profile-store.contract.ts";
import { aBody } from "./publication-store.contract.ts";

const epochOf = (n: number): EpochNumber => n as EpochNumber;
const now = Date.UTC(2026, 10, 20, 14, 30) as EpochMs;
const shard = "plays/shardId-000000000000" as ShardKey;
const song = songKey("song-1" as TrackId);

const aSegment = (body: Uint8Array): Segment => ({
  head: { shard, position: positionAt("7", 1), counts: noCounts, arrivedAt: now },
  previous: origin,
  writtenAt: now,
  body,
});

const someTotals = (wish: Partial<Totals> = {}): Totals => ({ ...noTotals, plays: 1, ...wish });

/** Until the test ends, the next request of this kind reaches the table but its answer gets lost. */
function loseNextAnswer(client: DynamoDBDocumentClient, operation: string): { readonly lost: () => number } {
  let lost = 0;
  const name = `lose-${operation}-${Math.random()}`;
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const answer = await next(args);
      if (context["commandName"] !== operation || lost > 0) return answer;
      lost += 1;
      throw Object.assign(new Error("socket hang up"), { name: "TimeoutError", code: "ECONNRESET" });
    },
    { step: "finalizeRequest", priority: "low", name },
  );
  onTestFinished(() => {
    client.middlewareStack.remove(name);
  });
  return { lost: () => lost };
}

/** Until the test ends, `act` runs once, after the first request of this kind was answered and before anybody sees it. */
function afterFirstAnswer(
  client: DynamoDBDocumentClient,
  operation: string,
  act: () => Promise<unknown>,
): { readonly acted: () => boolean } {
  let hasActed = false;
  const name = `after-${operation}-${Math.random()}`;
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const answer = await next(args);
      if (context["commandName"] === operation && !hasActed) {
        hasActed = true;
        await act();
      }
      return answer;
    },
    { step: "initialize", name },
  );
  onTestFinished(() => {
    client.middlewareStack.remove(name);
  });
  return { acted: () => hasActed };
}

/** Until the test ends, up to `times` statements are not run but answered with this error. */
function failStatements(client: DynamoDBDocumentClient, code: string, times: number): () => number {
  let failed = 0;
  const name = `fail-${Math.random()}`;
  const failure = { Error: { Code: code as BatchStatementErrorCodeEnum, Message: "injected" } };
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (context["commandName"] !== "BatchExecuteStatementCommand") return await next(args);
      const { Statements = [] } = args.input as BatchExecuteStatementCommandInput;
      const count = Math.min(Statements.length, times - failed);
      failed += count;
      const failures = Array.from({ length: count }, () => failure);
      if (count === Statements.length)
        return { response: {}, output: { Responses: failures, $metadata: {} } };
      const answer = await next({ ...args, input: { ...args.input, Statements: Statements.slice(count) } });
      const output = answer.output as BatchExecuteStatementCommandOutput;
      return { ...answer, output: { ...output, Responses: [...failures, ...(output.Responses ?? [])] } };
    },
    { step: "initialize", priority: "high", name },
  );
  onTestFinished(() => {
    client.middlewareStack.remove(name);
  });
  return () => failed;
}

/** Until the test ends, how many requests of each kind were sent. */
function countRequests(client: DynamoDBDocumentClient): () => Record<string, number> {
  const counts: Record<string, number> = {};
  const name = `count-${Math.random()}`;
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const command = String(context["commandName"]);
      counts[command] = (counts[command] ?? 0) + 1;
      return await next(args);
    },
    { step: "initialize", name },
  );
  onTestFinished(() => {
    client.middlewareStack.remove(name);
  });
  return () => counts;
}

describeDynamoDb("the items in DynamoDB", (local) => {
  /** The sort keys of a partition's pages, whatever the table's size. */
  const pagesOf = async (table: string): Promise<string[]> => {
    const pages: string[] = [];
    const scan = { TableName: table, ProjectionExpression: "sk", ConsistentRead: true };
    for await (const { Items } of paginateScan({ client: local().client }, scan)) {
      pages.push(...(Items ?? []).map((item) => String(item["sk"])).filter((sk) => sk.startsWith("PAGE#")));
    }
    return pages;
  };

  describe("of segments", () => {
    test("segments expire by TTL in epoch seconds, heads never", async () => {
      const table = await local().createTable();
      const store = new DynamoDbSegmentStore(local().client, table);

      await store.append(aSegment(new Uint8Array(1_000)), 1_795_132_800_001 as EpochMs);

      const items = await itemsOf(local(), table);
      const [head, segment] = [...items].sort((a, b) => (String(a["pk"]) < String(b["pk"]) ? -1 : 1));
      expect(segment).toMatchObject({ pk: `SEG#${shard}`, sk: positionAt("7", 1), expiresAt: 1_795_132_801 });
      expect(head).toMatchObject({ pk: "HEAD", sk: shard, position: positionAt("7", 1) });
      expect(head).not.toHaveProperty("expiresAt");
    });

    test("a body is deflated where that makes it smaller", async () => {
      const table = await local().createTable();
      const store = new DynamoDbSegmentStore(local().client, table);

      await store.append(aSegment(new Uint8Array(100_000)), now);

      const segment = (await itemsOf(local(), table)).find((item) => item["pk"] === `SEG#${shard}`);
      expect(segment?.["body"]).toHaveProperty(
        "length",
        expect.toSatisfy((n: number) => n < 1_000),
      );
    });

    test("an append whose answer got lost is repeated and still appended", async () => {
      const table = await local().createTable();
      const store = new DynamoDbSegmentStore(local().client, table);
      const fault = loseNextAnswer(local().client, "TransactWriteItemsCommand");

      const outcome = await store.append(aSegment(new Uint8Array(1)), now);

      expect(fault.lost()).toBe(1);
      expect(outcome).toBe("appended");
    });
  });

  describe("of counters", () => {
    test("have an epoch, a body and the plays for people, and nothing else", async () => {
      const table = await local().createTable();
      const store = new DynamoDbCounterStore(local().client, table);
      const totals = someTotals({ listenedMs: 180_000, firstPlayedAt: 5 as EpochMs });

      await store.apply(epochOf(3), now, [{ key: song, totals }]);
      await store.apply(epochOf(4), now, [{ key: song, totals }]);

      expect(await itemsOf(local(), table)).toEqual([
        { pk: "SONG#song-1", sk: "TOTAL", e: 4, plays: 2, b: encodeTotals(addTotals(totals, totals), now) },
      ]);
    });

    test("lose their expired windows with the next write", async () => {
      const table = await local().createTable();
      const store = new DynamoDbCounterStore(local().client, table);
      const open = "h.2026112014" as WindowId;
      const windows = new Map([
        ["h.2026010100" as WindowId, { plays: 1, listenedMs: 2 }],
        [open, { plays: 1, listenedMs: 2 }],
      ]);
      const listeners = new Map(["11", "12", "14"].map((hour) => [`r.20261120${hour}` as WindowId, 5n]));
      const long = Date.UTC(2026, 0, 1) as EpochMs;
      await store.apply(epochOf(1), long, [{ key: song, totals: someTotals({ windows, listeners }) }]);
      const [before] = await store.read([song]);

      await store.apply(epochOf(2), now, [{ key: song, totals: someTotals() }]);

      const [after] = await store.read([song]);
      expect(before?.totals).toMatchObject({ windows, listeners });
      expect([...(after?.totals.windows ?? [])]).toEqual([[open, { plays: 1, listenedMs: 2 }]]);
      expect([...(after?.totals.listeners.keys() ?? [])]).toEqual(["r.2026112014"]);
      expect(after?.totals.plays).toBe(2);
    });

    test("of a long name have a short key and keep the whole one", async () => {
      const table = await local().createTable();
      const store = new DynamoDbCounterStore(local().client, table);
      const key = artistKey("日".repeat(1_024) as ArtistName);

      await store.apply(epochOf(1), now, [{ key, totals: someTotals() }]);

      const [item] = await itemsOf(local(), table);
      expect(item?.["key"]).toBe(key);
      expect(item?.["pk"]).toMatch(/^LONG#[0-9a-f]{64}$/);
    });

    test("are written 25 a request, each of them once", async () => {
      const table = await local().createTable();
      const store = new DynamoDbCounterStore(local().client, table);
      const requests = countRequests(local().client);
      const deltas = Array.from({ length: 130 }, (_, n) => ({
        key: songKey(`song-${n}` as TrackId),
        totals: someTotals(),
      }));

      await store.apply(epochOf(1), now, deltas);
      await store.apply(epochOf(2), now, deltas);

      expect(requests()).toEqual({ BatchGetItemCommand: 4, BatchExecuteStatementCommand: 12 });
    });

    test.each(["insert", "update"])("a delta whose answer to an %s got lost is added once", async (kind) => {
      const table = await local().createTable();
      const store = new DynamoDbCounterStore(local().client, table);
      if (kind === "update") await store.apply(epochOf(1), now, [{ key: song, totals: someTotals() }]);
      const fault = loseNextAnswer(local().client, "BatchExecuteStatementCommand");

      const [counter] = await store.apply(epochOf(2), now, [{ key: song, totals: someTotals() }]);

      const plays = kind === "update" ? 2 : 1;
      expect(fault.lost()).toBe(1);
      expect(counter?.totals.plays).toBe(plays);
      expect((await store.read([song]))[0]?.totals.plays).toBe(plays);
    });

    test("that were read out of date are refused, read again, and lose nothing", async () => {
      const table = await local().createTable();
      const store = new DynamoDbCounterStore(local().client, table);
      const created = songKey("song-2" as TrackId);
      await store.apply(epochOf(1), now, [{ key: song, totals: someTotals() }]);
      // As an eventually consistent read would have it: what it tells is from before epoch 2.
      const other = afterFirstAnswer(local().client, "BatchGetItemCommand", () =>
        store.apply(epochOf(2), now, [
          { key: song, totals: someTotals({ plays: 10 }) },
          { key: created, totals: someTotals({ plays: 20 }) },
        ]),
      );

      const counters = await store.apply(epochOf(3), now, [
        { key: song, totals: someTotals({ plays: 100 }) },
        { key: created, totals: someTotals({ plays: 200 }) },
      ]);

      expect(other.acted()).toBe(true);
      expect(counters.map(({ totals }) => totals.plays)).toEqual([111, 220]);
      expect(await store.read([song, created])).toEqual(counters);
    });

    test("are stale when a later epoch has come in between", async () => {
      const table = await local().createTable();
      const store = new DynamoDbCounterStore(local().client, table);
      await store.apply(epochOf(1), now, [{ key: song, totals: someTotals() }]);
      const other = afterFirstAnswer(local().client, "BatchGetItemCommand", () =>
        store.apply(epochOf(3), now, [{ key: song, totals: someTotals() }]),
      );

      const late = store.apply(epochOf(2), now, [{ key: song, totals: someTotals() }]);

      await expect(late).rejects.toThrow(StaleEpochError);
      await expect(late).rejects.toThrow(`${song} already belongs to epoch 3`);
      expect(other.acted()).toBe(true);
    });

    test.each([
      ["ConditionalCheckFailed", "but the item holds epoch 1"],
      ["DuplicateItem", "but the item holds epoch 1"],
    ])("that are refused with %s again and again are a CorruptStoreError", async (code, found) => {
      const store = new DynamoDbCounterStore(local().client, await local().createTable());
      await store.apply(epochOf(1), now, [{ key: song, totals: someTotals() }]);
      failStatements(local().client, code, Number.POSITIVE_INFINITY);

      const corrupt = store.apply(epochOf(3), now, [{ key: song, totals: someTotals() }]);

      await expect(corrupt).rejects.toThrow(CorruptStoreError);
      await expect(corrupt).rejects.toThrow(`epoch 3 was refused at ${song} again and again, ${found}`);
    });

    test.each(["ProvisionedThroughputExceeded", "ThrottlingError", "InternalServerError"])(
      "are written although some of a batch fail with %s at first",
      async (code) => {
        const store = new DynamoDbCounterStore(local().client, await local().createTable());
        const deltas = Array.from({ length: 30 }, (_, n) => ({
          key: songKey(`song-${n}` as TrackId),
          totals: someTotals({ plays: n + 1 }),
        }));
        const failed = failStatements(local().client, code, 3);

        const counters = await store.apply(epochOf(1), now, deltas);

        expect(failed()).toBe(3);
        expect(counters.map(({ totals }) => totals.plays)).toEqual(deltas.map(({ totals }) => totals.plays));
        expect(await store.read(deltas.map(({ key }) => key))).toEqual(counters);
      },
    );

    test("that fail for good are a StoreError that says why", async () => {
      const store = new DynamoDbCounterStore(local().client, await local().createTable());
      failStatements(local().client, "AccessDenied", 1);

      const answer = store.apply(epochOf(1), now, [{ key: song, totals: someTotals() }]);

      await expect(answer).rejects.toThrow(StoreError);
      await expect(answer).rejects.toThrow(/BatchExecuteStatement failed with AccessDenied/);
    });

    describe("of the former format", () => {
      const totals = someTotals({
        ...{ plays: 7, unqualified: 1, listenedMs: 1_200_000, completes: 5, skips: 2 },
        ...{ ratingSum: 450, ratingCount: 1, tenths: [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5] },
        firstPlayedAt: 5 as EpochMs,
        label: { startedAt: 5 as EpochMs, artist: "Artist" as ArtistName, title: "Title" },
        windows: new Map([["h.2026112014" as WindowId, { plays: 3, listenedMs: 540_000 }]]),
        decays: new Map([["x.20261120" as WindowId, 10n ** 20n]]),
        listeners: new Map([["r.2026112014" as WindowId, 0b1001n]]),
      });
      const item = {
        ...{ pk: song, sk: "TOTAL", epoch: 3, plays: 7, unqualified: 1, listened_ms: 1_200_000 },
        ...{ completes: 5, skips: 2, rating_sum: 450, rating_count: 1, t0: 2, t10: 5 },
        ...{ first_played_at: 5, labelled_at: 5, artist: "Artist", title: "Title" },
        ...{ "h.2026112014": 3, "h.2026112014.ms": 540_000, "x.20261120": 10n ** 20n },
        "r.2026112014": new Set([0, 3]),
      };
      const withFormer = async () => {
        const table = await local().createTable();
        await local().client.send(new PutCommand({ TableName: table, Item: item }));
        return { table, store: new DynamoDbCounterStore(local().client, table) };
      };

      test("are read and listed", async () => {
        const { store } = await withFormer();

        expect(await store.read([song])).toEqual([{ key: song, epoch: 3, totals }]);
        expect(await collect(store.list("SONG#"))).toEqual([{ key: song, epoch: 3, totals }]);
      });

      test("hold the delta of their epoch, and are stale for one before", async () => {
        const { store, table } = await withFormer();

        const [counter] = await store.apply(epochOf(3), now, [{ key: song, totals: someTotals() }]);
        const late = store.apply(epochOf(2), now, [{ key: song, totals: someTotals() }]);

        expect(counter).toEqual({ key: song, epoch: 3, totals });
        await expect(late).rejects.toThrow(StaleEpochError);
        expect(await itemsOf(local(), table)).toEqual([item]);
      });

      test("are items of today's format after the next write", async () => {
        const { store, table } = await withFormer();

        const [counter] = await store.apply(epochOf(4), now, [{ key: song, totals }]);

        const sum = addTotals(totals, totals);
        expect(counter).toEqual({ key: song, epoch: 4, totals: sum });
        expect(await itemsOf(local(), table)).toEqual([
          { pk: song, sk: "TOTAL", e: 4, plays: 14, b: encodeTotals(sum, now) },
        ]);
      });

      test("are replaced", async () => {
        const { store, table } = await withFormer();

        await store.replace(epochOf(4), [{ key: song, totals: noTotals }]);

        expect(await itemsOf(local(), table)).toEqual([
          { pk: song, sk: "TOTAL", e: 4, plays: 0, b: encodeTotals(noTotals, now) },
        ]);
      });

      test("that another run has converted meanwhile are read again", async () => {
        const { store } = await withFormer();
        const other = afterFirstAnswer(local().client, "BatchGetItemCommand", () =>
          store.apply(epochOf(4), now, [{ key: song, totals: someTotals() }]),
        );

        const [counter] = await store.apply(epochOf(4), now, [{ key: song, totals: someTotals() }]);

        expect(other.acted()).toBe(true);
        expect(counter?.totals.plays).toBe(8);
        expect((await store.read([song]))[0]?.totals.plays).toBe(8);
      });
    });
  });

  describe("of claims", () => {
    const id = "e-1" as EventId;

    test("hold the epoch and never expire", async () => {
      const table = await local().createTable();

      await new DynamoDbClaimStore(local().client, table).claim(epochOf(3), [id]);

      expect(await itemsOf(local(), table)).toEqual([{ pk: "ID#e-1", sk: "CLAIM", epoch: 3 }]);
    });

    test("are this epoch's although the answer got lost", async () => {
      const store = new DynamoDbClaimStore(local().client, await local().createTable());
      const { lost } = loseNextAnswer(local().client, "PutItemCommand");

      expect(await store.claim(epochOf(3), [id])).toEqual(new Set([id]));
      expect(lost()).toBe(1);
    });
  });

  describe("of publications", () => {
    const trending = "TRENDING" as PublicationKey;
    const publish = (store: DynamoDbPublicationStore, epoch: number, bytes: number) =>
      store.write(trending, { epoch: epochOf(epoch), body: aBody(bytes) });

    test("have as many pages as they need and no page of an older epoch", async () => {
      const table = await local().createTable();
      const store = new DynamoDbPublicationStore(local().client, table);

      const counts: number[] = [];
      for (const [index, bytes] of [2 ** 21, 2 ** 22, 2 ** 19, 9].entries()) {
        await publish(store, index + 1, bytes);
        const pages = await pagesOf(table);
        expect(pages.every((sk) => sk.startsWith(`PAGE#000000000000000${index + 1}#`))).toBe(true);
        counts.push(pages.length);
      }

      expect(counts).toEqual([7, 14, 2, 0]);
      expect(await itemsOf(local(), table)).toMatchObject([{ pk: "TRENDING", sk: "LATEST", epoch: 4 }]);
    });

    test("of a long name have their pages beside them", async () => {
      const table = await local().createTable();
      const store = new DynamoDbPublicationStore(local().client, table);
      const long = "日".repeat(1_024) as PublicationKey;
      const publication = { epoch: epochOf(1), body: aBody(2 ** 19) };

      await store.write(long, publication);

      expect((await store.read(long))?.body === publication.body).toBe(true);
      expect(new Set((await itemsOf(local(), table)).map((item) => item["pk"])).size).toBe(1);
    });

    test("that were refused leave no page behind, and the pages in use stay", async () => {
      const table = await local().createTable();
      const store = new DynamoDbPublicationStore(local().client, table);
      await publish(store, 2, 2 ** 20);
      const before = await pagesOf(table);

      const same = await publish(store, 2, 2 ** 20);
      const other = await publish(store, 2, 2 ** 19);
      const late = publish(store, 1, 2 ** 19);

      await expect(late).rejects.toThrow(StaleEpochError);
      expect([same, other]).toEqual(["already", "already"]);
      expect(await pagesOf(table)).toEqual(before);
    });

    test.each([
      ["larger", 2 ** 20],
      ["small", 9],
    ])("whose pages go while they are read are read again: then they are %s", async (_, bytes) => {
      const table = await local().createTable();
      const store = new DynamoDbPublicationStore(local().client, table);
      await publish(store, 1, 2 ** 19);
      const writer = afterFirstAnswer(local().client, "GetItemCommand", () => publish(store, 2, bytes));

      const read = await store.read(trending);

      expect([writer.acted(), read?.epoch]).toEqual([true, 2]);
      expect(read?.body === aBody(bytes)).toBe(true);
    });

    test("whose pages are lost are a CorruptStoreError", async () => {
      const table = await local().createTable();
      const store = new DynamoDbPublicationStore(local().client, table);
      await publish(store, 1, 2 ** 19);
      const [sk] = await pagesOf(table);
      await local().client.send(new DeleteCommand({ TableName: table, Key: { pk: trending, sk } }));

      const read = store.read(trending);

      await expect(read).rejects.toThrow(CorruptStoreError);
      await expect(read).rejects.toThrow("TRENDING lacks pages of its publication");
    });

    test("are written even if the pages before cannot be deleted", async () => {
      const table = await local().createTable();
      const store = new DynamoDbPublicationStore(local().client, table);
      await publish(store, 1, 2 ** 19);
      const fault = loseNextAnswer(local().client, "DeleteItemCommand");

      const outcome = await publish(store, 2, 9);

      expect([fault.lost(), outcome]).toEqual([1, "written"]);
      expect((await store.read(trending))?.epoch).toBe(2);
    });
  });

  describe("of epochs", () => {
    test("can be read with the AWS CLI but for the heads, which are deflated", async () => {
      const table = await local().createTable();
      const log = new DynamoDbEpochLog(local().client, table);
      const heads = Array.from({ length: 1_000 }, () => aSegment(new Uint8Array()).head);
      const record: EpochRecord = {
        epoch: epochOf(7),
        status: "open",
        storeId: "store-1",
        from: heads,
        to: heads,
        now,
        windows: currentWindows(now),
      };

      await log.create(record);
      await log.commit(record.epoch, { reduce: { plays: 12 } }, now);

      const [item] = await itemsOf(local(), table);
      expect(item).toEqual({
        pk: "EPOCH",
        sk: "0000000000000007",
        epoch: 7,
        status: "committed",
        store_id: "store-1",
        now,
        windows: JSON.stringify(record.windows),
        figures: '{"reduce":{"plays":12}}',
        committed_at: now,
        body: expect.toSatisfy((body: Uint8Array) => body.length < 10_000),
        deflated: true,
      });
    });
  });

  test("of broadcasts have a partition of their own, the only one that the broadcast may write", async () => {
    const table = await local().createTable();
    const log = new DynamoDbEpochLog(local().client, table);

    await log.noteBroadcast(epochOf(7), { at: now, messages: 5, failed: 1 });

    expect(await itemsOf(local(), table)).toEqual([
      { pk: "BROADCAST", sk: "0000000000000007", at: now, messages: 5, failed: 1 },
    ]);
  });

  describe("of profiles", () => {
    const alice = "alice" as UserId;

    test("have a readable summary", async () => {
      const table = await local().createTable();
      const store = new DynamoDbProfileStore(local().client, table);

      await store.write(epochOf(4), [{ profile: aProfile(), epochRead: undefined }]);

      expect(await itemsOf(local(), table)).toMatchObject([
        { pk: "USER#alice", sk: "PROFILE", epoch: 4, plays: 3, listened_ms: 540_000 },
      ]);
    });

    test("have as many pages as they need and no page of an older epoch", { timeout: 30_000 }, async () => {
      const table = await local().createTable();
      const store = new DynamoDbProfileStore(local().client, table);

      const counts: number[] = [];
      const needed: number[] = [];
      for (const [index, tracks] of [30_000, 45_000, 14_000, 10].entries()) {
        const epochRead = index === 0 ? undefined : epochOf(index);
        const profile = aBigProfile({}, tracks);
        await store.write(epochOf(index + 1), [{ profile, epochRead }]);
        const pages = await pagesOf(table);
        const bytes = deflateRawSync(encodeProfile(profile)).length;
        needed.push(bytes > 300 * 1024 ? Math.ceil(bytes / (300 * 1024)) : 0);
        expect(pages.every((sk) => sk.includes(String(index + 1).padStart(16, "0")))).toBe(true);
        counts.push(pages.length);
      }

      expect(counts).toEqual(needed);
      expect(needed[1]).toBeGreaterThan(needed[0] ?? 0);
      expect(needed.at(-1)).toBe(0);
    });

    test("that were refused leave no page behind, and the pages in use stay", {
      timeout: 30_000,
    }, async () => {
      const table = await local().createTable();
      const store = new DynamoDbProfileStore(local().client, table);
      const stored = aBigProfile({}, 30_000);
      await store.write(epochOf(2), [{ profile: stored, epochRead: undefined }]);
      const before = await pagesOf(table);

      const same = await store.write(epochOf(2), [{ profile: stored, epochRead: epochOf(1) }]);
      const other = await store.write(epochOf(2), [
        { profile: aBigProfile({}, 29_000), epochRead: epochOf(1) },
      ]);

      expect([other, same]).toEqual([[alice], [alice]]);
      expect(await pagesOf(table)).toEqual(before);
      expect(isDeepStrictEqual((await store.read([alice])).get(alice)?.profile, stored)).toBe(true);
    });

    test("can be read while they are replaced", { timeout: 30_000 }, async () => {
      const table = await local().createTable();
      const store = new DynamoDbProfileStore(local().client, table);
      await store.write(epochOf(1), [{ profile: aBigProfile({}, 15_000), epochRead: undefined }]);
      let isWriting = true;
      const writer = async (): Promise<void> => {
        for (let epoch = 2; epoch <= 8; epoch++) {
          const profile = aBigProfile({}, 15_000 + epoch);
          await store.write(epochOf(epoch), [{ profile, epochRead: epochOf(epoch - 1) }]);
        }
        isWriting = false;
      };
      const reader = async (): Promise<number> => {
        let reads = 0;
        for (; isWriting; reads++) {
          const found = (await store.read([alice])).get(alice);
          const tracks = 15_000 + (found?.epoch === 1 ? 0 : (found?.epoch ?? 0));
          expect(found?.profile.heard.size).toBe(tracks);
        }
        return reads;
      };

      const [, reads] = await Promise.all([writer(), reader()]);

      expect(reads).toBeGreaterThan(1);
    });
  });

  test("of one kind are listed among all others of the table, over many pages", async () => {
    const table = await local().createTable();
    const { client } = local();
    const counters = new DynamoDbCounterStore(client, table);
    const profiles = new DynamoDbProfileStore(client, table);
    const epochs = new DynamoDbEpochLog(client, table);
    const users = Array.from({ length: 40 }, (_, n) => `user-${n}` as UserId);
    await counters.apply(epochOf(1), now, [{ key: song, totals: someTotals() }]);
    await epochs.acquireLease("run", now, 1_000);
    await epochs.noteBroadcast(epochOf(1), { at: now, messages: 1, failed: 0 });
    await profiles.write(
      epochOf(1),
      users.map((userId) => ({ profile: aBigProfile({ userId }, 9_000), epochRead: undefined })),
    ); // 12 MB: a page of a scan has 1

    const listed = await collect(profiles.list());

    expect(listed.map(({ profile }) => profile.userId).sort()).toEqual(users.toSorted());
    expect(listed.every(({ profile }) => profile.heard.size === 9_000)).toBe(true);
    expect(await collect(counters.list(""))).toEqual(await counters.read([song]));
  });

  describe("of connections", () => {
    test("expire by TTL in epoch seconds and vanish with a disconnect", async () => {
      const table = await local().createTable();
      const store = new DynamoDbConnectionStore(local().client, table);
      const connection = "c-1" as ConnectionId;
      await store.connect(connection, 1_795_132_800_000 as EpochMs);
      await store.subscribe(connection, "songs.hot", 1_795_132_800_000 as EpochMs, 8);
      await store.unsubscribe("c-2" as ConnectionId, "songs.hot"); // nobody's

      const before = await itemsOf(local(), table);
      await store.disconnect(connection);

      expect(before.map((item) => item["expiresAt"])).toEqual([1_795_132_800]);
      expect(await itemsOf(local(), table)).toEqual([]);
    });
  });

  describe("that cannot be reached", () => {
    const missing = "no-such-table";
    const stores = () => {
      const { client } = local();
      return {
        segments: new DynamoDbSegmentStore(client, missing),
        counters: new DynamoDbCounterStore(client, missing),
        profiles: new DynamoDbProfileStore(client, missing),
        publications: new DynamoDbPublicationStore(client, missing),
        epochs: new DynamoDbEpochLog(client, missing),
        connections: new DynamoDbConnectionStore(client, missing),
      };
    };

    test.each<[string, (all: ReturnType<typeof stores>) => Promise<unknown>]>([
      ["readHead", ({ segments }) => segments.readHead(shard)],
      ["readHeads", ({ segments }) => segments.readHeads()],
      ["append", ({ segments }) => segments.append(aSegment(new Uint8Array(1)), now)],
      ["readRange", ({ segments }) => first(segments.readRange(shard, origin, positionAt("9", 1)))],
      ["readBack", ({ segments }) => first(segments.readBack(shard, positionAt("9", 1)))],
      ["apply", ({ counters }) => counters.apply(epochOf(1), now, [{ key: song, totals: noTotals }])],
      ["read of counters", ({ counters }) => counters.read([song])],
      ["read of profiles", ({ profiles }) => profiles.read(["a" as UserId])],
      [
        "write",
        ({ profiles }) => profiles.write(epochOf(1), [{ profile: aProfile(), epochRead: undefined }]),
      ],
      ["read of a publication", ({ publications }) => publications.read("RECENT" as PublicationKey)],
      ["latest", ({ epochs }) => epochs.latest()],
      ["commit", ({ epochs }) => epochs.commit(epochOf(1), {}, now)],
      ["noteVerification", ({ epochs }) => epochs.noteVerification({ epoch: epochOf(1) } as Verification)],
      ["readVerification", ({ epochs }) => epochs.readVerification()],
      ["list of counters", ({ counters }) => first(counters.list(""))],
      ["list of profiles", ({ profiles }) => first(profiles.list())],
      [
        "noteBroadcast",
        ({ epochs }) => epochs.noteBroadcast(epochOf(1), { at: now, messages: 1, failed: 0 }),
      ],
      ["readBroadcast", ({ epochs }) => epochs.readBroadcast(epochOf(1))],
      ["acquireLease", ({ epochs }) => epochs.acquireLease("a", now, 1)],
      ["connect", ({ connections }) => connections.connect("c" as ConnectionId, now)],
      ["subscribers", ({ connections }) => first(connections.subscribers())],
    ])("make %s throw a StoreError that names the table", async (_, call) => {
      const answer = call(stores());

      await expect(answer).rejects.toThrow(StoreError);
      await expect(answer).rejects.toThrow(
        /table no-such-table: \w+.* failed with ResourceNotFoundException/,
      );
    });
  });
});

async function first<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item;
  return undefined;
}
