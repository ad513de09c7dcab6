import { randomUUID } from "node:crypto";
import { runAction } from "./kinesis/actions.ts";
import { DualProtocolServer, type WireAnswer, type WireRequest } from "./kinesis/dual-protocol-server.ts";
import { KinesisError } from "./kinesis/kinesis-error.ts";
import { readBody } from "./kinesis/request-body.ts";
import { LOOPBACK_HOSTS, refusalOf } from "./kinesis/request-guard.ts";
import { StreamDirectory } from "./kinesis/stream-directory.ts";
import { StreamWriteError } from "./stream/log-file.ts";
import type { LocalStream } from "./stream/play-stream.ts";

/** The 10 MiB of data that PutRecords allows are 13.4 MiB of base64; the rest is for keys and JSON. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
const CONTENT_TYPE = "application/x-amz-json-1.1";

/** What a Kinesis endpoint is started with. */
export interface KinesisServerOptions {
  readonly streams: ReadonlyMap<string, LocalStream> | LocalStream;
  /** A server that does not check signatures is for this machine only. @default 127.0.0.1 */
  readonly host?: "127.0.0.1" | "::1";
  /** 0 takes a free one. */
  readonly port: number;
  /** Host names under which it may be addressed and from whose pages. @default 127.0.0.1, localhost, [::1] */
  readonly allowedHosts?: readonly string[];
  /** Epoch ms. @default the machine's clock */
  readonly now?: () => number;
  /** Is told of errors that are answered with status 500. */
  readonly onError?: (error: unknown) => void;
}

/** A running Kinesis endpoint. */
export interface KinesisServer {
  readonly port: number;
  /** Lets answers on their way go out, ends all connections and frees the port, within a quarter of a second. */
  close(): Promise<void>;
}

/**
 * Serves streams over the Kinesis protocol (JSON 1.1 over HTTP/1.1 or HTTP/2 prior knowledge). A put is answered after the
 * stream has kept its records. Rejects with the system's error (code EADDRINUSE) when the port is in use.
 */
export async function startKinesisServer(options: KinesisServerOptions): Promise<KinesisServer> {
  const endpoint = new Endpoint(options);
  const server = new DualProtocolServer((request) => void endpoint.answer(request));
  const port = await server.listen(options.host ?? "127.0.0.1", options.port);
  return { port, close: () => server.close() };
}

class Endpoint {
  readonly #streams: StreamDirectory;
  readonly #allowedHosts: readonly string[];
  readonly #now: () => number;
  readonly #onError: (error: unknown) => void;

  constructor(options: KinesisServerOptions) {
    this.#streams = new StreamDirectory(options.streams);
    this.#allowedHosts = options.allowedHosts ?? LOOPBACK_HOSTS;
    this.#now = options.now ?? Date.now;
    this.#onError = options.onError ?? (() => undefined);
  }

  /** Never rejects. */
  async answer(request: WireRequest): Promise<void> {
    const refusal = refusalOf({ host: request.host, origin: request.header("origin") }, this.#allowedHosts);
    if (refusal !== undefined) {
      request.body.resume();
      request.reply(failure(new KinesisError("AccessDeniedException", refusal, { status: 403 })));
      return;
    }
    const body = await bodyOf(request);
    if (body !== undefined) request.reply(this.#run(request, body));
  }

  #run(request: WireRequest, body: Buffer | "too long"): WireAnswer {
    try {
      if (body === "too long") {
        const message = `body is longer than ${MAX_BODY_BYTES} bytes`;
        throw new KinesisError("RequestEntityTooLargeException", message, { status: 413 });
      }
      checkProtocol(request);
      const output = runAction(this.#streams, request.header("x-amz-target") ?? "", body, this.#now());
      return { status: 200, headers: responseHeaders(), body: JSON.stringify(output) };
    } catch (error) {
      if (error instanceof KinesisError) return failure(error);
      this.#onError(error);
      const message = error instanceof Error ? error.message : "unknown";
      if (error instanceof StreamWriteError)
        return failure(
          new KinesisError("ServiceUnavailableException", message, { status: 503, cause: error }),
        );
      return failure(new KinesisError("InternalFailureException", message, { status: 500, cause: error }));
    }
  }
}

/** The body, or undefined when the client went away: then there is nobody to answer. */
async function bodyOf(request: WireRequest): Promise<Buffer | "too long" | undefined> {
  const declaredBytes = Number(request.header("content-length") ?? 0);
  try {
    return await readBody(request.body, declaredBytes, MAX_BODY_BYTES);
  } catch {
    return undefined;
  }
}

function checkProtocol(request: WireRequest): void {
  if (request.method !== "POST") {
    throw new KinesisError("UnknownOperationException", `method ${request.method} is not POST`);
  }
  if (request.header("content-type")?.includes("cbor")) {
    const message = `content type is not ${CONTENT_TYPE} (sdk for java: set AWS_CBOR_DISABLE=true)`;
    throw new KinesisError("SerializationException", message);
  }
}

function failure(error: KinesisError): WireAnswer {
  const { status, type, message } = error;
  return {
    status,
    headers: { ...responseHeaders(), "x-amzn-errortype": type },
    body: JSON.stringify({ __type: type, message }),
    isLast: status === 413,
  };
}

function responseHeaders(): Record<string, string> {
  return { "content-type": CONTENT_TYPE, "x-amzn-requestid": randomUUID() };
}
