import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import type { APIGatewayProxyWebsocketEventV2 } from "aws-lambda";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import type { ConnectionId } from "#src/ports/connection-store.ts";
import type { Logger } from "#src/ports/logger.ts";
import { maxMessageBytes } from "#src/wire/push-limits.ts";
import type { LocalConnectionGateway } from "./local-connection-gateway.ts";
import { refusalOf } from "./origin-check.ts";

type WebSocketHandler = (event: APIGatewayProxyWebsocketEventV2) => Promise<unknown>;

/** The handlers of functions/ws-broadcast, as API Gateway's routes name them. */
export interface WebSocketHandlers {
  readonly connect: WebSocketHandler;
  readonly disconnect: WebSocketHandler;
  /** `$default`: createSubscribeHandler. */
  readonly message: WebSocketHandler;
}

export interface WebSocketServerOptions {
  readonly websocket: WebSocketHandlers;
  /** The way to the clients; the subscribe and broadcast handlers are given the same. */
  readonly gateway: LocalConnectionGateway;
  readonly logger: Logger;
  /** A connection is ended after so long, as API Gateway does after two hours, ms. @default never */
  readonly connectionLifeMs?: number;
}

const path = "/ws";
const pingEveryMs = 30_000;
/** A client that says more than this before it is answered is cut off. */
const maxWaiting = 64;
/** How long clients get to take leave when the server stops, ms. */
const leaveMs = 100;

/** API Gateway's WebSocket API in this process: one event after the other on each connection, in order. */
export class LocalWebSocketServer {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes });
  readonly #handlers: WebSocketHandlers;
  readonly #gateway: LocalConnectionGateway;
  readonly #logger: Logger;
  readonly #connectionLifeMs: number | undefined;
  /** The work of each connection that is not finished. */
  readonly #work = new Set<Promise<void>>();
  readonly #answeredPing = new WeakSet<WebSocket>();
  readonly #pings: NodeJS.Timeout;

  constructor({ websocket, gateway, logger, connectionLifeMs }: WebSocketServerOptions) {
    this.#handlers = websocket;
    this.#gateway = gateway;
    this.#logger = logger;
    this.#connectionLifeMs = connectionLifeMs;
    this.#pings = setInterval(() => this.#ping(), pingEveryMs).unref();
  }

  attach(server: Server): void {
    server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  }

  async close(): Promise<void> {
    clearInterval(this.#pings);
    const sockets = [...this.#server.clients];
    for (const socket of sockets) socket.close(1001, "the server stops");
    const deadline = setTimeout(() => {
      for (const socket of sockets) socket.terminate();
    }, leaveMs);
    await Promise.all(sockets.map(closed));
    clearTimeout(deadline);
    await Promise.all(this.#work);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const refusal = refusalOf(request.headers);
    if (refusal !== undefined) refuse(socket, "403 Forbidden", refusal);
    else if (request.url?.split("?")[0] !== path)
      refuse(socket, "404 Not Found", `the WebSocket is at ${path}`);
    else this.#server.handleUpgrade(request, socket, head, (client) => this.#accept(client, request));
  }

  #accept(socket: WebSocket, request: IncomingMessage): void {
    const connection = crypto.randomUUID() as ConnectionId;
    const eventOf = (eventType: "CONNECT" | "MESSAGE" | "DISCONNECT", body?: string) =>
      websocketEvent(connection, request, eventType, body);
    let waiting = 0;
    let work = Promise.resolve();
    const enqueue = (task: () => Promise<unknown>): void => {
      waiting += 1;
      const step = work.then(async () => {
        await task();
        waiting -= 1;
        this.#work.delete(step);
      });
      work = step;
      this.#work.add(step);
    };

    this.#gateway.add(connection, socket);
    this.#answeredPing.add(socket);
    enqueue(() => this.#run(this.#handlers.connect, eventOf("CONNECT"), socket));
    const lifeMs = this.#connectionLifeMs;
    const end = lifeMs === undefined ? undefined : setTimeout(() => socket.close(1001, "Going away"), lifeMs);
    socket.on("pong", () => this.#answeredPing.add(socket));
    socket.on("error", (error) =>
      this.#logger.debug("a connection broke", { connection, reason: error.message }),
    );
    socket.on("message", (data, isBinary) => {
      if (waiting >= maxWaiting) return socket.close(1008, "too many messages");
      const body = isBinary ? "" : textOf(data);
      enqueue(() => this.#run(this.#handlers.message, eventOf("MESSAGE", body), socket));
    });
    socket.on("close", () => {
      clearTimeout(end);
      this.#gateway.remove(connection);
      enqueue(() => this.#run(this.#handlers.disconnect, eventOf("DISCONNECT"), socket));
    });
  }

  /** A handler that throws is answered as API Gateway does, and the connection stays. */
  async #run(
    handler: WebSocketHandler,
    event: APIGatewayProxyWebsocketEventV2,
    socket: WebSocket,
  ): Promise<void> {
    const { connectionId, requestId, eventType } = event.requestContext;
    try {
      await handler(event);
    } catch (error) {
      this.#logger.error("a websocket handler failed", { connectionId, eventType, reason: String(error) });
      if (eventType === "CONNECT") socket.close(1011, "internal error");
      if (eventType === "MESSAGE" && socket.readyState === socket.OPEN) {
        socket.send(JSON.stringify({ message: "Internal server error", connectionId, requestId }));
      }
    }
  }

  #ping(): void {
    for (const socket of this.#server.clients) {
      if (this.#answeredPing.delete(socket)) socket.ping();
      else socket.terminate();
    }
  }
}

function websocketEvent(
  connectionId: string,
  request: IncomingMessage,
  eventType: "CONNECT" | "MESSAGE" | "DISCONNECT",
  body: string | undefined,
): APIGatewayProxyWebsocketEventV2 {
  const now = Date.now();
  const routeKeys = { CONNECT: "$connect", MESSAGE: "$default", DISCONNECT: "$disconnect" } as const;
  return {
    requestContext: {
      routeKey: routeKeys[eventType],
      messageId: crypto.randomUUID(),
      eventType,
      extendedRequestId: "",
      requestTime: new Date(now).toISOString(),
      messageDirection: "IN",
      stage: "local",
      connectedAt: now,
      requestTimeEpoch: now,
      requestId: crypto.randomUUID(),
      domainName: request.headers.host ?? "",
      connectionId,
      apiId: "local",
    },
    ...(body === undefined ? {} : { body }),
    isBase64Encoded: false,
  };
}

function refuse(socket: Duplex, status: string, message: string): void {
  const head = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\n`;
  socket.end(`${head}Content-Length: ${Buffer.byteLength(message)}\r\n\r\n${message}`);
}

function closed(socket: WebSocket): Promise<void> {
  if (socket.readyState === socket.CLOSED) return Promise.resolve();
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return Buffer.from(data as Buffer).toString("utf8");
}
