import { createHash } from "node:crypto";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { beforeEach, describe, expect, test } from "vitest";
import type { ApiDeps } from "#functions/api/api-request.ts";
import { createApiHandler } from "#functions/api/handler.ts";
import { MemoryTokenStore } from "#src/adapters/memory/memory-token-store.ts";
import { type TokenHash, type TokenScope, tokenIdOf, tokenText } from "#src/domain/access-token.ts";
import type { EpochMs, UserId } from "#src/domain/play.ts";
import type { ShardKey } from "#src/domain/position.ts";
import { type RejectPiece, rejectIdOf } from "#src/domain/reject.ts";
import { dayMs } from "#src/domain/windows.ts";
import { noise } from "#test/contract/opened.ts";
import { aMoment } from "#test/support/arbitraries.ts";
import { memoryStores } from "#test/support/published.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const operator = tokenText("o".repeat(43));
const ann = tokenText("a".repeat(43));

let deps: ApiDeps;
let write: (...pieces: RejectPiece[]) => Promise<void>;

beforeEach(async () => {
  const stores = memoryStores();
  const tokens = new MemoryTokenStore();
  const give = (text: string, scope: TokenScope) => {
    const hash = sha256(text) as TokenHash;
    const times = { createdAt: aMoment, expiresAt: (aMoment + 1) as EpochMs };
    return tokens.create({ id: tokenIdOf(hash), hash, label: "test", scope, ...times });
  };
  await give(operator, { kind: "operator" });
  await give(ann, { kind: "listener", userId: "ann" as UserId });
  write = (...pieces) => stores.rejects.write(pieces);
  deps = {
    ...stores,
    access: tokens,
    sha256,
    segments: { readHeads: () => Promise.resolve([]) },
    plays: { put: () => Promise.resolve() },
  };
});

function aPiece(n: number, overrides: Partial<RejectPiece> = {}): RejectPiece {
  const shard = "plays/shardId-000000000000" as ShardKey;
  const piece = {
    ...{
      shard,
      sequenceNumber: String(n),
      entry: 0,
      chunk: 0,
      chunks: 1,
      arrivedAt: (aMoment + n) as EpochMs,
    },
    ...{ reason: 'rating: expected 0 to 5, got "x"', raw: Buffer.from(`{"n":${n}}`) },
    ...overrides,
  };
  return { ...piece, id: rejectIdOf(shard, piece) };
}

async function get(path: string, token: string | undefined = operator, query?: Record<string, string>) {
  const event = {
    rawPath: path,
    headers: token === "" ? {} : { authorization: `Bearer ${token}` },
    ...(query === undefined ? {} : { queryStringParameters: query }),
    requestContext: { http: { method: "GET", path }, stage: "$default" },
  } as unknown as APIGatewayProxyEventV2;
  const { statusCode: status, body = "" } = await createApiHandler(deps)(event);
  return { status, body: JSON.parse(body), bytes: Buffer.byteLength(body) };
}

describe("who may see rejects", () => {
  const paths = ["/rejects", "/rejects/counts", `/rejects/${aPiece(1).id}`];
  beforeEach(() => write(aPiece(1)));

  test.each(paths)("%s takes a token, and an operator's", async (path) => {
    expect(await get(path, "")).toMatchObject({ status: 401, body: { error: { code: "unauthorized" } } });
    expect(await get(path, ann)).toMatchObject({ status: 403, body: { error: { code: "forbidden" } } });
    expect(await get(path)).toMatchObject({ status: 200 });
  });

  test("a listener's token learns nothing of what is there", async () => {
    const answers = await Promise.all(["/rejects/nothing", paths[2] ?? ""].map((path) => get(path, ann)));

    expect(answers[0]).toEqual(answers[1]);
  });

  test("where no token is asked for, everybody", async () => {
    deps = { ...deps, access: "open" };

    for (const path of paths) expect((await get(path, "")).status).toBe(200);
  });
});

test("a day's rejects come in the order of arrival, page by page", async () => {
  const pieces = [1, 2, 3, 4, 5].map((n) => aPiece(n));
  await write(...pieces, aPiece(dayMs), aPiece(-dayMs));

  const { body: first } = await get("/rejects", operator, { limit: "3" });
  const { body: second } = await get("/rejects", operator, { limit: "3", after: first.next });

  expect(first).toEqual({
    day: "2026-11-20",
    rejects: pieces.slice(0, 3).map(({ id, arrivedAt }, index) => ({
      id,
      arrived_at: new Date(arrivedAt).toISOString(),
      reason: 'rating: expected 0 to 5, got "x"',
      shard: "plays/shardId-000000000000",
      sequence_number: String(index + 1),
      entry: 0,
    })),
    next: pieces[2]?.id,
  });
  expect(second.rejects.map(({ id }: { id: string }) => id)).toEqual(pieces.slice(3).map(({ id }) => id));
  expect(second.next).toBeNull();
});

test("a day and a text in the reason narrow them down", async () => {
  await write(aPiece(1), aPiece(2, { reason: "record: empty" }), aPiece(dayMs));

  const { body: byReason } = await get("/rejects", operator, { reason: "empty" });
  const { body: tomorrow } = await get("/rejects", operator, { day: "2026-11-21" });

  expect(byReason.rejects).toMatchObject([{ reason: "record: empty" }]);
  expect(tomorrow).toMatchObject({ day: "2026-11-21", rejects: [{ sequence_number: String(dayMs) }] });
});

test("reasons are counted", async () => {
  await write(aPiece(1), aPiece(2), aPiece(3, { reason: "record: empty" }));

  expect((await get("/rejects/counts", operator, { day: "2026-11-20" })).body).toEqual({
    day: "2026-11-20",
    total: 3,
    reasons: [
      { reason: "rating: expected 0 to 5", count: 2 },
      { reason: "record: empty", count: 1 },
    ],
  });
});

describe("a reject's raw bytes", () => {
  test.each([
    ["text is text", Buffer.from('{"é":\n"🎵"}'), "utf-8"],
    ["nothing is text", Buffer.alloc(0), "utf-8"],
    ["other bytes are base64", Buffer.from([0xff, 0xfe]), "base64"],
    ["so is text with control characters", Buffer.from("a\u001b[2Jb"), "base64"],
  ] as const)("%s", async (_, raw, encoding) => {
    const piece = aPiece(1, { raw });
    await write(piece);

    const { body } = await get(`/rejects/${piece.id}`);

    expect(body).toMatchObject({ id: piece.id, complete: true, raw_bytes: raw.length, encoding });
    expect(Buffer.from(body.raw, encoding === "base64" ? "base64" : "utf8")).toEqual(raw);
  });

  test("are not complete while pieces are missing", async () => {
    const piece = aPiece(1, { chunks: 2 });
    await write(piece);

    expect((await get(`/rejects/${piece.id}`)).body).toMatchObject({ complete: false, raw_bytes: 7 });
  });

  test.each([
    ["quotes", Buffer.alloc(10 * 1024 * 1024, '"')],
    ["noise", Buffer.from(noise(10 * 1024 * 1024))],
  ])("are cut where an answer could not hold them: %s", async (_, raw) => {
    const piece = aPiece(1, { raw });
    await write(piece);

    const { body, bytes } = await get(`/rejects/${piece.id}`);

    expect(body).toMatchObject({ complete: false, raw_bytes: raw.length });
    expect(bytes).toBeLessThan(5 * 1024 * 1024);
  });

  test("of an id that nothing has are 404", async () => {
    expect(await get(`/rejects/${aPiece(9).id}`)).toMatchObject({
      status: 404,
      body: { error: { code: "unknown_reject", field: "id" } },
    });
  });
});

test.each([
  ["/rejects", { limit: "999" }],
  ["/rejects", { limit: "1000" }],
  ["/rejects", { reason: "x".repeat(199) }],
  ["/rejects", { reason: "x".repeat(200) }],
])("%s is answered within the bounds of its parameters: %j", async (path, query) => {
  expect((await get(path, operator, query)).status).toBe(200);
});

test.each([
  ["/rejects", { day: "2026-02-30" }, "day"],
  ["/rejects", { day: "2026-11-20T00:00" }, "day"],
  ["/rejects/counts", { day: "yesterday" }, "day"],
  ["/rejects", { limit: "0" }, "limit"],
  ["/rejects", { limit: "1001" }, "limit"],
  ["/rejects", { after: "x" }, "after"],
  ["/rejects", { reason: "x".repeat(201) }, "reason"],
  ["/rejects/no-id", {}, "id"],
])("%s with %j is refused, and the parameter named", async (path, query, field) => {
  expect(await get(path, operator, query)).toMatchObject({
    status: 400,
    body: { error: { code: "bad_parameter", field } },
  });
});
