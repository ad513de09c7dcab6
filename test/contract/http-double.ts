import { createServer, type IncomingMessage } from "node:http";
import { onTestFinished } from "vitest";

export interface DoubledRequest {
  readonly path: string;
  /** The operation of an AWS JSON protocol. */
  readonly target: string;
  readonly body: string;
}

interface DoubledAnswer {
  readonly status?: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A service on 127.0.0.1 that answers as told, until the test ends. */
export async function httpDouble(
  answer: (request: DoubledRequest) => DoubledAnswer,
): Promise<{ readonly endpoint: string; readonly requests: readonly DoubledRequest[] }> {
  const requests: DoubledRequest[] = [];
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      const target = String(request.headers["x-amz-target"] ?? "").replace(/^.*\./, "");
      const received = { path: request.url ?? "", target, body };
      requests.push(received);
      const { status = 200, body: answered, headers = {} } = answer(received);
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1", ...headers });
      response.end(JSON.stringify(answered));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the double has no port");
  return { endpoint: `http://127.0.0.1:${address.port}`, requests };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
