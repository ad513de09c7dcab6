import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import {
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import { type AddressInfo, createServer as createNetServer, type Server, type Socket } from "node:net";
import type { Readable } from "node:stream";
import { clearTimeout, setTimeout } from "node:timers";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
/** So much of the preface tells it from every HTTP/1 method. */
const PREFACE_BYTES = 3;
const SILENCE_MS = 30_000;
/** Longer than clients keep a connection that rests: one that is closed just as it is used again is an error to them. */
const KEEP_ALIVE_MS = 60_000;
const GRACE_MS = 200;
const WINDOW_BYTES = 4 * 1024 * 1024;

/** A request, whichever protocol it came with. */
export interface WireRequest {
  readonly method: string;
  /** Header by lower-case name. */
  readonly header: (name: string) => string | undefined;
  /** Host header or :authority. */
  readonly host: string | undefined;
  readonly body: Readable;
  readonly reply: (answer: WireAnswer) => void;
}

/** What is answered. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether the rest of the request must not be waited for. */
  readonly isLast?: boolean;
}

/** Answers HTTP/1.1 and HTTP/2 with prior knowledge on one port, told apart by the first bytes of a connection. */
export class DualProtocolServer {
  readonly #net: Server;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  /** Their sockets belong to sessions, which close them. */
  readonly #http2Sockets = new WeakSet<Socket>();

  constructor(handle: (request: WireRequest) => void) {
    const http1 = createHttpServer((request, response) => handle(fromHttp1(request, response)));
    http1.keepAliveTimeout = KEEP_ALIVE_MS;
    const settings = { initialWindowSize: WINDOW_BYTES, enableConnectProtocol: false };
    const http2 = createHttp2Server({ settings }, (request, response) =>
      handle(fromHttp2(request, response)),
    );
    http2.on("session", (session) => this.#track(session));
    this.#net = createNetServer((socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => socket.destroy());
      sniff(socket, (isHttp2) => {
        if (isHttp2) this.#http2Sockets.add(socket);
        (isHttp2 ? http2 : http1).emit("connection", socket);
      });
    });
  }

  /** Resolves with the port. Rejects with the system's error, whose `code` is EADDRINUSE when the port is in use. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#net.once("error", reject);
      this.#net.listen(port, host, () => {
        this.#net.off("error", reject);
        resolve((this.#net.address() as AddressInfo).port);
      });
    });
  }

  /** Takes no more connections, lets answers that were written go out, and ends those that are open. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#net.close(() => resolve()));
    for (const session of this.#sessions) session.close();
    for (const socket of this.#sockets) if (!this.#http2Sockets.has(socket)) socket.destroySoon();
    const timer = setTimeout(() => {
      for (const session of this.#sessions) session.destroy();
      for (const socket of this.#sockets) socket.destroy();
    }, GRACE_MS);
    await closed;
    clearTimeout(timer);
  }

  #track(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.on("close", () => this.#sessions.delete(session));
    session.on("error", () => session.destroy());
    session.setLocalWindowSize(WINDOW_BYTES);
  }
}

/** Looks at the first bytes of a connection, puts them back and says whether they begin HTTP/2. */
function sniff(socket: Socket, decide: (isHttp2: boolean) => void): void {
  let head = Buffer.alloc(0);
  const look = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk]);
    const isPrefix = PREFACE.subarray(0, head.length).equals(head.subarray(0, PREFACE.length));
    if (isPrefix && head.length < PREFACE_BYTES) return;
    socket.off("data", look);
    socket.pause();
    socket.setTimeout(0);
    socket.off("timeout", giveUp);
    socket.unshift(head);
    decide(isPrefix);
    process.nextTick(() => socket.resume());
  };
  const giveUp = () => socket.destroy();
  socket.setTimeout(SILENCE_MS, giveUp);
  socket.on("data", look);
}

function fromHttp1(request: IncomingMessage, response: ServerResponse): WireRequest {
  return {
    method: request.method ?? "",
    header: (name) => headerText(request.headers[name]),
    host: request.headers.host,
    body: request,
    reply: ({ status, headers, body, isLast = false }) => {
      const closing = isLast ? { connection: "close" } : {};
      response.writeHead(status, { ...headers, ...closing, "content-length": Buffer.byteLength(body) });
      response.end(body);
    },
  };
}

function fromHttp2(request: Http2ServerRequest, response: Http2ServerResponse): WireRequest {
  return {
    method: request.method,
    header: (name) => headerText(request.headers[name]),
    host: request.authority || request.headers.host,
    body: request,
    reply: ({ status, headers, body, isLast = false }) => {
      if (response.stream.destroyed) return;
      response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
      response.end(body, () => {
        if (isLast) response.stream.close();
      });
    },
  };
}

function headerText(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "object" ? value.join(", ") : value;
}
