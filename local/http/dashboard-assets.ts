import { hash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { PageConfig } from "#src/config/page-config.ts";
import { type BuiltFile, buildPage } from "./built-page.ts";
import { securityHeaders } from "./security-headers.ts";

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** The page's files and its configuration, over HTTP. */
export class DashboardAssets {
  readonly #config: Buffer;

  constructor(config: PageConfig) {
    this.#config = Buffer.from(JSON.stringify(config));
  }

  /**
   * Answers a request for one of the page's files.
   *
   * @returns false where the path is none of them; nothing is answered then
   * @throws Error where the page cannot be built
   */
  async serve(request: IncomingMessage, response: ServerResponse, path: string): Promise<boolean> {
    if (request.method !== "GET" && request.method !== "HEAD") return false;
    if (path === "/config.json") {
      send(
        request,
        response,
        { "content-type": "application/json", "cache-control": "no-cache" },
        this.#config,
      );
      return true;
    }
    const name = fileNameOf(path);
    if (name === undefined) return false;
    const file = (await buildPage()).find((built) => built.name === name);
    if (file === undefined) return false;
    sendFile(request, response, file);
    return true;
  }
}

/** The name of the page's file that a path may stand for. */
function fileNameOf(path: string): string | undefined {
  if (path === "/" || path === "/index.html") return "index.html";
  return path.startsWith("/assets/") ? path.slice(1) : undefined;
}

function sendFile(request: IncomingMessage, response: ServerResponse, file: BuiltFile): void {
  const isPage = file.name === "index.html";
  // Weak: the same for every encoding.
  const etag = `W/"${hash("sha256", file.body, "base64url").slice(0, 22)}"`;
  const headers = {
    "content-type": types[file.name.split(".").at(-1) ?? ""] ?? "application/octet-stream",
    // The other names hold a hash of what is inside.
    "cache-control": isPage ? "no-cache" : "public, max-age=31536000, immutable",
    vary: "accept-encoding",
    etag,
  };
  if (request.headers["if-none-match"]?.split(/, */).includes(etag)) {
    response.writeHead(304, { ...securityHeaders, ...headers }).end();
    return;
  }
  const encoding = encodingFor(request.headers["accept-encoding"]);
  if (encoding === undefined) send(request, response, headers, file.body);
  else {
    const body = encoding === "br" ? file.brotli : file.gzip;
    send(request, response, { ...headers, "content-encoding": encoding }, body);
  }
}

function send(
  { method }: IncomingMessage,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): void {
  response.writeHead(200, { ...securityHeaders, ...headers, "content-length": body.length });
  response.end(method === "HEAD" ? undefined : body);
}

/** The best encoding that the client takes (RFC 9110, section 12.5.3). */
function encodingFor(accepted = ""): "br" | "gzip" | undefined {
  const names = accepted
    .split(",")
    .filter((part) => !/;\s*q=0(\.0*)?\s*$/.test(part))
    .map((part) => part.split(";")[0]?.trim().toLowerCase());
  return (["br", "gzip"] as const).find((name) => names.includes(name));
}
