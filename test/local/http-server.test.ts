import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { buffer } from "node:stream/consumers";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { createApiHandler } from "#functions/api/handler.ts";
import { createBroadcastHandler } from "#functions/ws-broadcast/broadcast-handler.ts";
import { createConnectHandler } from "#functions/ws-broadcast/connect-handler.ts";
import { createDisconnectHandler } from "#functions/ws-broadcast/disconnect-handler.ts";
import { createSubscribeHandler } from "#functions/ws-broadcast/subscribe-handler.ts";
import { type HttpServer, startHttpServer } from "#local/http/http-server.ts";
import { LocalConnectionGateway, maxBufferedBytes } from "#local/http/local-connection-gateway.ts";
import type { WebSocketHandlers } from "#local/http/websocket-server.ts";
import { StoreError } from "#src/domain/errors.ts";
import type { ConnectionId } from "#src/ports/connection-store.ts";
import { aHead, anEpoch, commitEpoch, type MemoryStores, memoryStores } from "#test/support/published.ts";

/** All of the page's script, gzipped, bytes. */
const maxScriptBytes = 100_000;

const pageConfig = {
  ...{
    webSocketUrl: "/ws",
    webSocketAccess: "open" as const,
    apiUrl: "",
    connectionLifeMs: 7_200_000,
    tickMs: 1000,
    profileTickMs: 5000,
  },
  ...{ simulated: true, stage: "local" },
};

let stores: MemoryStores;
let gateway: LocalConnectionGateway;
let putBytes: number;
let server: HttpServer;
const clients: WebSocket[] = [];

function start(overrides: Partial<WebSocketHandlers> = {}): Promise<HttpServer> {
  const deps = { ...stores, gateway, allowedOrigins: ["*"] };
  const api = createApiHandler({
    ...stores,
    access: "open",
    segments: { readHeads: () => Promise.resolve([]) },
    sha256: () => "0".repeat(64),
    plays: {
      put(records) {
        putBytes += records.reduce((sum, { data }) => sum + data.length, 0);
        return Promise.resolve();
      },
    },
  });
  const websocket = {
    connect: createConnectHandler(deps),
    disconnect: createDisconnectHandler(deps),
    message: createSubscribeHandler(deps),
    ...overrides,
  };
  const options = { port: 0, host: "127.0.0.1", pageConfig, logger: stores.logger } as const;
  return startHttpServer({ ...options, api, websocket, gateway });
}

beforeEach(async () => {
  stores = memoryStores();
  gateway = new LocalConnectionGateway();
  putBytes = 0;
  server = await start();
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.terminate();
  await server.close();
});

const url = (path: string): string => `http://127.0.0.1:${server.port}${path}`;

/** The status of a GET with these headers, Host included, which fetch would not send. */
async function statusOf(path: string, headers: Record<string, string>): Promise<number | undefined> {
  const sent = request({ host: "127.0.0.1", port: server.port, path, headers, agent: false }).end();
  const [response] = await once(sent, "response");
  response.resume();
  return response.statusCode;
}

interface Client {
  readonly socket: WebSocket;
  say(message: object | string): void;
  /** The next message, in the order of arrival. */
  next(): Promise<Record<string, unknown>>;
}

async function aClient(headers: Record<string, string> = {}): Promise<Client> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/ws`, { headers });
  clients.push(socket);
  const arrived: Record<string, unknown>[] = [];
  const waiting: ((message: Record<string, unknown>) => void)[] = [];
  socket.on("message", (data) => {
    for (const message of [JSON.parse(String(data))].flat()) {
      const taker = waiting.shift();
      if (taker === undefined) arrived.push(message);
      else taker(message);
    }
  });
  await once(socket, "open");
  return {
    socket,
    say: (message) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
    next() {
      const message = arrived.shift();
      return message === undefined
        ? new Promise((resolve) => waiting.push(resolve))
        : Promise.resolve(message);
    },
  };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error("did not happen within 5 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function subscribersOf(channel: string): Promise<ConnectionId[]> {
  const subscribers: ConnectionId[] = [];
  for await (const { connection, channels } of stores.connections.subscribers()) {
    if (channels.includes(channel)) subscribers.push(connection);
  }
  return subscribers;
}

describe("the page", () => {
  /** A GET as it travels: fetch would decode the body and forbid some headers. */
  async function getRaw(path: string, headers: Record<string, string> = {}) {
    const sent = request({ host: "127.0.0.1", port: server.port, path, headers, agent: false }).end();
    const [response] = await once(sent, "response");
    return { status: response.statusCode, headers: response.headers, body: await buffer(response) };
  }

  /** The addresses of what the page loads, as its HTML has them. */
  function filesOf(html: string): string[] {
    return [...html.matchAll(/(?:src|href)="\.(\/assets\/[^"]+)"/g)].map(([, path = ""]) => path);
  }

  test("it is served with a policy that forbids inline scripts, and needs none", async () => {
    const page = await fetch(url("/"));
    const html = await page.text();

    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("content-security-policy")).toContain("script-src 'self';");
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
    expect(page.headers.get("cache-control")).toBe("no-cache");
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|style="|onclick|https?:\/\//);
  });

  test("it asks again with an ETag and is told that nothing changed", async () => {
    const first = await fetch(url("/"));
    const etag = first.headers.get("etag") ?? "";

    const again = await getRaw("/", { "if-none-match": `"other", ${etag}` });
    const other = await getRaw("/", { "if-none-match": '"other"' });

    expect(again.status).toBe(304);
    expect(again.body).toHaveLength(0);
    expect(other.status).toBe(200);
  });

  test("its files are kept for good, because their names change with them", async () => {
    const paths = filesOf(await (await fetch(url("/"))).text());

    const types = await Promise.all(
      paths.map(async (path) => {
        const file = await fetch(url(path));
        expect(file.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
        return file.headers.get("content-type");
      }),
    );

    expect(types.sort()).toEqual([
      "image/svg+xml",
      "text/css; charset=utf-8",
      "text/javascript; charset=utf-8",
    ]);
  });

  test("its files are compressed as the client takes them", async () => {
    const plain = await getRaw("/");
    const brotli = await getRaw("/", { "accept-encoding": "gzip, deflate, br" });
    const gzip = await getRaw("/", { "accept-encoding": "gzip, br;q=0" });

    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect(plain.headers.vary).toBe("accept-encoding");
    expect(brotli.headers["content-encoding"]).toBe("br");
    expect(brotliDecompressSync(brotli.body)).toEqual(plain.body);
    expect(gzip.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(gzip.body)).toEqual(plain.body);
    expect(gzip.headers["content-length"]).toBe(String(gzip.body.length));
  });

  test(`its script has under ${maxScriptBytes} bytes, gzipped`, async () => {
    const paths = filesOf(await (await fetch(url("/"))).text());

    const scripts = await Promise.all(
      paths.filter((path) => path.endsWith(".js")).map((path) => getRaw(path, { "accept-encoding": "gzip" })),
    );

    const bytes = scripts.reduce((sum, { body }) => sum + body.length, 0);
    console.log(`the page's script: ${bytes} bytes gzipped`);
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(maxScriptBytes);
  });

  test("it is told where the server is", async () => {
    const config = await fetch(url("/config.json"));

    expect(config.headers.get("content-type")).toBe("application/json");
    expect(config.headers.get("cache-control")).toBe("no-cache");
    expect(await config.json()).toEqual(pageConfig);
  });

  test("HEAD answers without a body, and a file that is not there is not found", async () => {
    const head = await fetch(url("/"), { method: "HEAD" });

    expect(head.status).toBe(200);
    expect(await head.text()).toBe("");
    expect((await fetch(url("/assets/../../package.json"))).status).toBe(404);
    expect((await fetch(url("/assets/index-00000000.js"))).status).toBe(404);
  });
});

describe("HTTP", () => {
  test("the API gets the path decoded and the query", async () => {
    const answer = await fetch(url("/users/j%C3%BCrgen%2F1%20a%3F/recommendations?k=3"));

    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ user_id: "jürgen/1 a?", cold_start: true });
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("a play is posted in UTF-8", async () => {
    const play = {
      event_id: "e",
      user_id: "u",
      track: { artist: "Sigur Rós", title: "Hoppípolla" },
      started_at: stores.clock(),
    };

    const answer = await fetch(url("/plays"), { method: "POST", body: JSON.stringify(play) });

    expect(answer.status).toBe(200);
    expect(putBytes).toBeGreaterThan(0);
  });

  test.each(["127.0.0.1", "localhost:4000", "[::1]:80", "LOCALHOST"])(
    "the host %s is served",
    async (host) => {
      expect(await statusOf("/health", { host })).toBe(200);
    },
  );

  test.each(["evil.example", "127.0.0.1.evil.example", "localhost.", "127.0.0.1:80:80", "[::2]"])(
    "the host %j is refused: a name may be rebound to this machine",
    async (host) => {
      expect(await statusOf("/health", { host })).toBe(403);
      expect(await statusOf("/", { host })).toBe(403);
    },
  );

  test("another site's page may not send requests, not even one on another port", async () => {
    const host = `127.0.0.1:${server.port}`;

    expect(await statusOf("/health", { host, origin: `http://${host}` })).toBe(200);
    expect(await statusOf("/health", { host, origin: "http://127.0.0.1:1" })).toBe(403);
    expect(await statusOf("/health", { host, origin: "https://evil.example" })).toBe(403);
    expect(await statusOf("/health", { host, origin: "null" })).toBe(403);
  });

  test("a body over 1 MiB is 413, whether announced or streamed", async () => {
    const tooMuch = Buffer.alloc(1024 * 1024 + 1, " ");
    const announced = await fetch(url("/plays"), { method: "POST", body: tooMuch });
    const stream = new Blob([tooMuch]).stream();
    const streamed = await fetch(url("/plays"), { method: "POST", body: stream, duplex: "half" });

    expect(announced.status).toBe(413);
    expect(streamed.status).toBe(413);
    expect(await streamed.json()).toMatchObject({ error: { code: "body_too_large" } });
    expect((await fetch(url("/health"))).status).toBe(200);
  });

  test("a body of 1 MiB is taken", async () => {
    const body = Buffer.alloc(1024 * 1024, " ");

    const answer = await fetch(url("/plays"), { method: "POST", body });

    expect(await answer.json()).toMatchObject({ error: { code: "empty" } });
  });

  test("a path that cannot be decoded is 400", async () => {
    expect(await statusOf("/users/%E0%A4%A", { host: "localhost" })).toBe(400);
    expect(await statusOf("//", { host: "localhost" })).toBe(404);
  });

  test("a port that is taken is an error with its code", async () => {
    const options = { host: "127.0.0.1", pageConfig, logger: stores.logger, gateway } as const;
    const never = () => Promise.resolve({ statusCode: 200 });
    const websocket = { connect: never, disconnect: never, message: never };

    const second = startHttpServer({ ...options, port: server.port, api: never, websocket });

    await expect(second).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  test("nonsense instead of HTTP does no harm", async () => {
    for (const text of [
      "\0\0\0",
      "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    ]) {
      const socket = connect(server.port, "127.0.0.1").on("error", () => {});
      socket.end(text);
      socket.resume();
      await once(socket, "close");
    }

    expect((await fetch(url("/health"))).status).toBe(200);
  });
});

describe("WebSocket", () => {
  test("a subscriber gets a snapshot at once and another with the next epoch", async () => {
    const client = await aClient();

    client.say({ action: "subscribe", channel: "stats" });
    expect(await client.next()).toMatchObject({ type: "snapshot", channel: "stats", seq: 0 });
    await commitEpoch(stores, anEpoch(1, { to: [aHead({ plays: 3 })] }));
    const figures = await createBroadcastHandler({ ...stores, gateway })({ epoch: anEpoch(1).epoch });

    expect(await client.next()).toMatchObject({ type: "snapshot", seq: 1, stats: { plays: 3 } });
    expect(figures).toMatchObject({ messages: 1, gone: 0 });
  });

  test("messages are answered in their order", async () => {
    const client = await aClient();

    for (const channel of ["stats", "songs.hot", "nonsense", "songs.day"]) {
      client.say({ action: "subscribe", channel });
    }
    client.say({ action: "ping" });

    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await client.next());
    expect(answers.map((answer) => answer["channel"] ?? answer["reason"] ?? answer["type"])).toEqual([
      ...["stats", "songs.hot", "unknown_channel", "songs.day", "pong"],
    ]);
  });

  test("a message that is no JSON, or binary, is answered with the reason", async () => {
    const client = await aClient();

    client.say("{");
    client.socket.send(Buffer.from([1, 2, 3]));

    expect(await client.next()).toMatchObject({ type: "error", reason: "bad_json" });
    expect(await client.next()).toMatchObject({ type: "error", reason: "bad_json" });
  });

  test("a message of 4 KB is answered, and none may be compressed", async () => {
    const client = await aClient();

    client.say("x".repeat(4096));

    expect(await client.next()).toMatchObject({ type: "error", reason: "bad_json" });
    expect(client.socket.extensions).toBe("");
  });

  test("a message over 4 KB ends the connection", async () => {
    const client = await aClient();

    client.say("x".repeat(4097));

    const [code] = await once(client.socket, "close");
    expect(code).toBe(1009);
  });

  test("a client that floods is cut off", async () => {
    const client = await aClient();

    for (let i = 0; i < 1000; i++) client.say({ action: "ping" });

    const [code] = await once(client.socket, "close");
    expect(code).toBe(1008);
  });

  test.each([
    ["another site's page", { origin: "https://evil.example" }],
    ["a name that is not ours", { host: "evil.example" }],
  ])("%s may not connect", async (_who, headers) => {
    await expect(aClient(headers)).rejects.toThrow("Unexpected server response: 403");
  });

  test("there is one path to connect to", async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/other`);

    const [error] = await once(socket, "error").catch((cause) => [cause]);

    expect(String(error)).toContain("404");
  });

  test("a client that leaves is forgotten", async () => {
    const client = await aClient();
    client.say({ action: "subscribe", channel: "stats" });
    await client.next();

    client.socket.close();

    await until(async () => (await subscribersOf("stats")).length === 0);
  });

  test("a client that does not read is gone once too much waits for it, and nobody else notices", async () => {
    const [slow, well] = [await aClient(), await aClient()];
    for (const client of [slow, well]) {
      client.say({ action: "subscribe", channel: "stats" });
      await client.next();
    }
    const [slowId, wellId] = await subscribersOf("stats");
    slow.socket.pause();
    const chunk = JSON.stringify("x".repeat(maxBufferedBytes / 4));

    let outcome = "sent";
    for (let i = 0; i < 200 && outcome === "sent"; i++)
      outcome = await gateway.send(slowId as ConnectionId, chunk);

    expect(outcome).toBe("gone");
    expect(await gateway.send(wellId as ConnectionId, '{"hello":1}')).toBe("sent");
    expect(await well.next()).toEqual({ hello: 1 });
    await until(async () => (await subscribersOf("stats")).length === 1);
    expect(await gateway.send(slowId as ConnectionId, "{}")).toBe("gone");
  });

  test("a handler that fails is answered as API Gateway does, and the connection stays", async () => {
    await server.close();
    server = await start({ message: () => Promise.reject(new StoreError("table X does not answer")) });
    const client = await aClient();

    client.say({ action: "ping" });

    expect(await client.next()).toMatchObject({ message: "Internal server error" });
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
    expect(stores.logger.entries).toMatchObject([{ level: "error" }]);
  });

  test("the server stops at once, tells its clients, and forgets them", async () => {
    const [polite, deaf] = [await aClient(), await aClient()];
    polite.say({ action: "subscribe", channel: "stats" });
    await polite.next();
    deaf.socket.pause();
    const startedAt = performance.now();

    const [[code]] = await Promise.all([once(polite.socket, "close"), server.close()]);

    expect(code).toBe(1001);
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect(await subscribersOf("stats")).toEqual([]);
    server = await start();
  });
});
