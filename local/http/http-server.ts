import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type { PageConfig } from "#src/config/page-config.ts";
import { DashboardAssets } from "./dashboard-assets.ts";
import { eventOf, maxBodyBytes, readBody, writeError, writeResult } from "./http-events.ts";
import { refusalOf } from "./origin-check.ts";
import { LocalWebSocketServer, type WebSocketServerOptions } from "./websocket-server.ts";

export interface HttpServerOptions extends WebSocketServerOptions {
  /** 0 for any free port. */
  readonly port: number;
  readonly host: "127.0.0.1" | "::1";
  /** createApiHandler's function. */
  readonly api: (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;
  /** What the page is told in `config.json`. */
  readonly pageConfig: PageConfig;
}

export interface HttpServer {
  readonly port: number;
  /** Stops listening, says goodbye to clients, and resolves when every handler has ended; takes well under a second. */
  close(): Promise<void>;
}

/** How long answers under way may take when the server stops, ms. */
const graceMs = 500;

/**
 * The HTTP API, the WebSocket API at `/ws` and the dashboard at `/`, on loopback.
 *
 * @throws Error with code `EADDRINUSE` where the port is taken
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const assets = new DashboardAssets(options.pageConfig);
  const server = createServer({ requestTimeout: 30_000 }, (request, response) => {
    serve(options, assets, request, response).catch((error: unknown) => {
      options.logger.error("a request failed", { reason: String(error) });
      if (response.headersSent) response.destroy();
      else writeError(response, 500, "internal", "something went wrong; it was logged");
    });
  });
  const websockets = new LocalWebSocketServer(options);
  websockets.attach(server);
  const port = await listen(server, options).catch(async (error: unknown) => {
    await websockets.close();
    throw error;
  });
  return {
    port,
    async close() {
      const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const deadline = setTimeout(() => server.closeAllConnections(), graceMs);
      await websockets.close();
      await stopped;
      clearTimeout(deadline);
    },
  };
}

function listen(server: Server, { port, host }: HttpServerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function serve(
  { api }: HttpServerOptions,
  assets: DashboardAssets,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refusal = refusalOf(request.headers);
  if (refusal !== undefined) return writeError(response, 403, "forbidden", refusal);
  const target = targetOf(request);
  if (target === undefined) return writeError(response, 400, "bad_path", "the path is not valid");

  if (await assets.serve(request, response, target.path)) return;
  const body = await readBody(request);
  if (body === undefined) {
    // The rest of the body is not worth reading, so the connection cannot be used again.
    response.setHeader("connection", "close");
    return writeError(response, 413, "body_too_large", `a body may have ${maxBodyBytes} bytes`);
  }
  writeResult(response, await api(eventOf(request, target.path, target.url, body)));
}

/** The request's URL and its percent-decoded path; undefined where they are malformed. */
function targetOf(request: IncomingMessage): { readonly url: URL; readonly path: string } | undefined {
  const target = request.url ?? "/";
  if (!target.startsWith("/")) return undefined;
  try {
    const url = new URL(`http://localhost${target}`);
    return { url, path: decodeURIComponent(url.pathname) };
  } catch {
    return undefined;
  }
}
