import { createHash } from "node:crypto";
import type { APIGatewayProxyWebsocketEventV2, APIGatewayRequestAuthorizerEvent } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { createAuthorizeHandler } from "#functions/ws-broadcast/authorize-handler.ts";
import { createConnectHandler } from "#functions/ws-broadcast/connect-handler.ts";
import { MemoryConnectionStore } from "#src/adapters/memory/memory-connection-store.ts";
import { MemoryTokenStore } from "#src/adapters/memory/memory-token-store.ts";
import { type TokenHash, tokenIdOf, tokenText } from "#src/domain/access-token.ts";
import type { EpochMs, UserId } from "#src/domain/play.ts";
import type { ConnectionId } from "#src/ports/connection-store.ts";
import { aMoment } from "#test/support/arbitraries.ts";

const clock = () => aMoment;
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** What `$connect` answers to a handshake, and whether the connection was noted. */
async function connect(allowedOrigins: readonly string[], headers?: Record<string, string> | null) {
  const noted: ConnectionId[] = [];
  const connections = Object.assign(new MemoryConnectionStore(), {
    connect: async (id: ConnectionId) => void noted.push(id),
  });
  const requestContext = { connectionId: "c" } as APIGatewayProxyWebsocketEventV2["requestContext"];
  const event = { requestContext, isBase64Encoded: false, ...(headers === undefined ? {} : { headers }) };
  const { statusCode } = await createConnectHandler({ connections, clock, allowedOrigins })(event);
  return { statusCode, noted: noted.length };
}

const refused = { statusCode: 403, noted: 0 };
const admitted = { statusCode: 200, noted: 1 };

describe("$connect", () => {
  const listed = ["https://a.example", "https://B.example:8443"];

  test.each([["https://a.example"], ["https://b.example:8443"], ["HTTPS://A.EXAMPLE"]])(
    "admits a page of %s, which is listed",
    async (origin) => {
      expect(await connect(listed, { Origin: origin })).toEqual(admitted);
      expect(await connect(listed, { origin })).toEqual(admitted);
    },
  );

  test.each([
    "https://evil.example",
    "https://a.example.evil.example",
    "https://a.example:444",
    "http://a.example",
    "https://b.example",
    "https://a.example/",
    "null",
    "",
  ])("refuses a page of %j, which is not", async (origin) => {
    expect(await connect(listed, { Origin: origin })).toEqual(refused);
    expect(await connect([], { ORIGIN: origin })).toEqual(refused);
  });

  test("admits a client that is no browser: it sends no origin", async () => {
    expect(await connect(listed, { Host: "x" })).toEqual(admitted);
    expect(await connect([], undefined)).toEqual(admitted);
    expect(await connect([], null)).toEqual(admitted);
  });

  test("admits any page where any is allowed", async () => {
    expect(await connect(["*"], { Origin: "https://evil.example" })).toEqual(admitted);
  });
});

describe("the authorizer", () => {
  const text = tokenText("t".repeat(43));
  const hash = sha256(text) as TokenHash;

  async function authorize(query: Record<string, string> | null, expiresAt = aMoment + 1) {
    const tokens = new MemoryTokenStore();
    const scope = { kind: "listener", userId: "ann" as UserId } as const;
    const times = { createdAt: aMoment, expiresAt: expiresAt as EpochMs };
    await tokens.create({ id: tokenIdOf(hash), hash, label: "l", scope, ...times });
    const event = { queryStringParameters: query, methodArn: "arn:aws:execute-api:r:1:api/prod/$connect" };
    return await createAuthorizeHandler({ tokens, sha256, clock })(event as APIGatewayRequestAuthorizerEvent);
  }

  test("allows this handshake and nothing else to whoever has a token", async () => {
    const answer = await authorize({ token: text });

    expect(answer.policyDocument.Statement).toEqual([
      {
        Action: "execute-api:Invoke",
        Effect: "Allow",
        Resource: "arn:aws:execute-api:r:1:api/prod/$connect",
      },
    ]);
  });

  test.each<[string, Record<string, string> | null, number?]>([
    ["no query", null],
    ["no token", {}],
    ["a text that is no token", { token: "x" }],
    ["a token that nobody made", { token: tokenText("u".repeat(43)) }],
    ["an expired token", { token: text }, aMoment],
  ])("denies it to %s", async (_, query, expiresAt) => {
    const answer = await authorize(query, expiresAt);

    expect(answer.policyDocument.Statement).toMatchObject([{ Effect: "Deny" }]);
  });

  test("names the token by its id, in what API Gateway may log", async () => {
    const answer = await authorize({ token: text });

    expect(answer.principalId).toBe(hash.slice(0, 12));
    expect(JSON.stringify(answer)).not.toContain(text);
    expect(JSON.stringify(answer)).not.toContain(hash);
    expect(JSON.stringify(answer)).not.toContain("ann");
  });
});
