import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { beforeEach, describe, expect, test } from "vitest";
import type { ApiDeps } from "#functions/api/api-request.ts";
import { createApiHandler } from "#functions/api/handler.ts";
import { routes } from "#functions/api/router.ts";
import { MemoryTokenStore } from "#src/adapters/memory/memory-token-store.ts";
import { type TokenHash, type TokenScope, tokenIdOf, tokenText } from "#src/domain/access-token.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs, UserId } from "#src/domain/play.ts";
import { encodeRecent, recentKey } from "#src/wire/recent-codec.ts";
import { aMoment } from "#test/support/arbitraries.ts";
import { aPlay } from "#test/support/builders.ts";
import { aFeed, type MemoryStores, memoryStores } from "#test/support/published.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

const operator = tokenText("o".repeat(43));
const ann = tokenText(`${"a".repeat(40)}-_9`);
const expired = tokenText("e".repeat(43));

let stores: MemoryStores;
let tokens: MemoryTokenStore;
let deps: ApiDeps;
/** What was asked of any store, in order. */
let asked: string[];
let putUsers: string[];

beforeEach(async () => {
  stores = memoryStores();
  tokens = new MemoryTokenStore();
  asked = [];
  putUsers = [];
  await give(operator, { kind: "operator" });
  await give(ann, { kind: "listener", userId: "ann" as UserId });
  await give(expired, { kind: "operator" }, aMoment);
  deps = {
    ...stores,
    access: noting("tokens", tokens),
    profiles: noting("profiles", stores.profiles),
    publications: noting("publications", stores.publications),
    epochs: noting("epochs", stores.epochs),
    segments: { readHeads: () => Promise.resolve([]) },
    sha256,
    plays: {
      put(records) {
        const texts = records.map(({ data }) => JSON.parse(new TextDecoder().decode(data)));
        putUsers.push(...texts.map(({ user_id }) => user_id));
        return Promise.resolve();
      },
    },
  };
});

async function give(text: string, scope: TokenScope, expiresAt = aMoment + 1): Promise<void> {
  const hash = sha256(text) as TokenHash;
  const times = { createdAt: (aMoment - 1) as EpochMs, expiresAt: expiresAt as EpochMs };
  await tokens.create({ id: tokenIdOf(hash), hash, label: "test", scope, ...times });
}

/** The store, which notes who is asked for what. */
const noting = <Store extends object>(name: string, store: Store): Store =>
  new Proxy(store, {
    get(target, method) {
      const member: unknown = Reflect.get(target, method);
      if (typeof member !== "function") return member;
      asked.push(`${name}.${String(method)}`);
      return member.bind(target);
    },
  });

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into any answer
  readonly body: any;
}

async function call(
  method: string,
  rawPath: string,
  authorization?: string,
  body?: unknown,
): Promise<Answer> {
  const event = {
    rawPath,
    headers: authorization === undefined ? {} : { authorization },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    isBase64Encoded: false,
    requestContext: { http: { method, path: rawPath }, stage: "$default" },
  } as unknown as APIGatewayProxyEventV2;
  const { statusCode, headers = {}, body: text = "{}" } = await createApiHandler(deps)(event);
  return { status: statusCode, headers, body: JSON.parse(text) };
}

const get = (path: string, token?: string) =>
  call("GET", path, token === undefined ? undefined : `Bearer ${token}`);

const listenersData = ["/users/ann", "/users/ann/recommendations"];

describe("a listener's data", () => {
  test.each([
    ["no header", undefined, "Authorization: Bearer"],
    ["no token", "Bearer", "not Bearer and a token"],
    ["another scheme", `Basic ${operator}`, "not Bearer and a token"],
    ["two tokens", `Bearer ${operator} ${ann}`, "not Bearer and a token"],
    ["a token that is too short", `Bearer ${operator.slice(0, -1)}`, "not Bearer and a token"],
    ["a token of other characters", `Bearer ew_${"é".repeat(43)}`, "not Bearer and a token"],
    ["a token that nobody made", `Bearer ${tokenText("x".repeat(43))}`, "unknown, or was revoked"],
    ["an expired token", `Bearer ${expired}`, "has expired since 2026-11-20T14:00:00.000Z"],
  ])("is refused with 401 and one sentence: %s", async (_, authorization, message) => {
    for (const path of listenersData) {
      const answer = await call("GET", path, authorization);

      expect(answer).toMatchObject({
        status: 401,
        headers: { "www-authenticate": "Bearer", "cache-control": "no-store" },
        body: { error: { code: "unauthorized", message: expect.stringContaining(message) } },
      });
      expect(JSON.stringify(answer)).not.toMatch(/ew_/);
    }
    expect(asked).not.toContain("profiles.read");
  });

  test("is open to an operator's token, and to the listener's own", async () => {
    for (const token of [operator, ann]) {
      expect((await get("/users/ann", token)).status).toBe(404);
      expect((await get("/users/ann/recommendations", token)).status).toBe(200);
    }
    expect((await call("GET", "/users/ann/recommendations", `bearer  ${ann} `)).status).toBe(200);
  });

  test("is closed to another listener's token, whether or not there is such a listener", async () => {
    const profile = { ...emptyProfile, userId: "bob" as UserId };
    await stores.profiles.write(1 as EpochNumber, [{ profile, epochRead: undefined }]);

    const answers = [
      ...(await Promise.all(["/users/bob", "/users/nobody"].map((path) => get(path, ann)))),
      ...(await Promise.all(["/users/bob", "/users/ann%"].map((id) => get(`${id}/recommendations`, ann)))),
    ];

    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ status: 403, body: { error: { code: "forbidden", field: "id" } } });
    expect(asked).not.toContain("profiles.read");
  });

  test("is closed from the moment in which its token is revoked", async () => {
    expect((await get("/users/ann/recommendations", ann)).status).toBe(200);

    await tokens.revoke(tokenIdOf(sha256(ann) as TokenHash));

    expect((await get("/users/ann/recommendations", ann)).status).toBe(401);
  });

  test("of an id that no play can have is refused before any profile is read", async () => {
    for (const id of ["x".repeat(129), "a\0b", "\ud800"]) {
      expect(await get(`/users/${id}`, operator)).toMatchObject({
        status: 400,
        body: { error: { code: "bad_parameter", field: "id" } },
      });
    }
    expect(asked).not.toContain("profiles.read");
  });

  test.each([127, 128])("may have %d characters", async (characters) => {
    expect((await get(`/users/${"x".repeat(characters)}`, operator)).status).toBe(404);
  });
});

const emptyProfile = {
  ...{ plays: 1, unqualified: 0, listenedMs: 0, completes: 0, skips: 0, firstHeardAt: aMoment },
  ...{ artists: new Map(), artistsEnd: undefined, heard: new Set<never>(), heardEnd: undefined, recent: [] },
};

const aWirePlay = (user_id: string) => ({
  ...{ event_id: `e-${user_id}`, user_id, track: { id: "S1", artist: "Coldplay" }, started_at: aMoment },
});

describe("POST /plays", () => {
  const post = (token: string | undefined, ...users: string[]) =>
    call("POST", "/plays", token && `Bearer ${token}`, users.map(aWirePlay));

  test("takes a token, before it looks at the body", async () => {
    const answer = await call("POST", "/plays", undefined, "no play");

    expect(answer).toMatchObject({ status: 401, headers: { "www-authenticate": "Bearer" } });
    expect((await post(undefined, "ann")).status).toBe(401);
    expect(putUsers).toEqual([]);
  });

  test("takes every listener's plays from an operator", async () => {
    expect(await post(operator, "ann", "bob")).toMatchObject({ status: 200, body: { accepted: 2 } });
    expect(putUsers).toEqual(["ann", "bob"]);
  });

  test("takes a listener's own plays with the listener's token, and rejects the others one by one", async () => {
    const { status, body } = await post(ann, "bob", "ann", "Ann");

    expect(status).toBe(207);
    expect(body.results).toEqual([
      { index: 0, status: "rejected", field: "user_id", reason: expect.stringContaining("own listener") },
      { index: 1, status: "accepted", event_id: "e-ann" },
      { index: 2, status: "rejected", field: "user_id", reason: expect.stringContaining("own listener") },
    ]);
    expect(putUsers).toEqual(["ann"]);
  });

  test("of another listener's plays alone accepts none", async () => {
    const { status, body } = await post(ann, "bob");

    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: "no_play_accepted", field: "user_id" });
    expect(putUsers).toEqual([]);
  });
});

describe("GET /plays/recent", () => {
  beforeEach(async () => {
    const plays = [aPlay({ eventId: "secret-event", userId: "secret-user", startedAt: aMoment })];
    await stores.publications.write(recentKey, { epoch: 1 as EpochNumber, body: encodeRecent(aFeed(plays)) });
  });

  test.each([
    ["nobody", undefined],
    ["a listener's token", ann],
  ])("names neither listeners nor events to %s", async (_, token) => {
    const { status, body } = await get("/plays/recent", token);

    expect(status).toBe(200);
    expect(body.plays).toHaveLength(1);
    expect(JSON.stringify(body)).not.toContain("secret");
  });

  test("does not where no token is asked for, either", async () => {
    deps = { ...deps, access: "open" };

    expect(JSON.stringify((await get("/plays/recent", operator)).body)).not.toContain("secret");
  });

  test("names them to an operator", async () => {
    const { body } = await get("/plays/recent", operator);

    expect(body.plays).toMatchObject([{ event_id: "secret-event", user_id: "secret-user" }]);
  });

  test("tells whoever sends a token that is not valid", async () => {
    expect((await get("/plays/recent", expired)).status).toBe(401);
  });
});

test.each(["/charts/songs", "/stats", "/health"])("%s is open, and asks for no token", async (path) => {
  expect((await get(path)).status).toBe(200);
  expect((await get(path, expired)).status).toBe(200);
  expect(asked).not.toContain("tokens.find");
});

test("a new route has to say what it asks for; these are open", () => {
  const open = routes.filter(({ token }) => token !== "required").map(({ path }) => path);

  expect(open).toEqual(["/plays/recent", "/charts/{list}", "/songs/{id}", "/stats", "/health"]);
});

test("docs/openapi.yaml says of every route whether it takes a token", () => {
  const needs = { required: "[{ token: [] }]", optional: "[{}, { token: [] }]", none: undefined };
  const documented: Record<string, string | undefined> = {};
  let path = "";
  for (const line of readFileSync("docs/openapi.yaml", "utf8").split("\n")) {
    path = /^ {2}(\/\S*):$/.exec(line)?.[1] ?? path;
    if (/^ {4}(get|post):$/.test(line)) documented[path] = undefined;
    const security = /^ {6}security: (.*)$/.exec(line)?.[1];
    if (security !== undefined) documented[path] = security;
  }

  expect(documented).toEqual(Object.fromEntries(routes.map(({ path, token }) => [path, needs[token]])));
});

test("where no token is asked for, everything is open", async () => {
  deps = { ...deps, access: "open" };

  expect((await get("/users/ann/recommendations")).status).toBe(200);
  expect((await call("POST", "/plays", undefined, [aWirePlay("bob")])).status).toBe(200);
});

test("no log holds a token, its hash or a listener's id", async () => {
  const read = () => Promise.reject(new Error("out of order"));
  deps = { ...deps, profiles: Object.assign(stores.profiles, { read }) };

  const { status } = await get("/users/ann", ann);

  expect(status).toBe(500);
  const logged = JSON.stringify(stores.logger.entries);
  expect(logged).toContain("out of order");
  for (const secret of [ann, sha256(ann), "ann"]) expect(logged).not.toContain(secret);
});
