import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import type { S3Client } from "@aws-sdk/client-s3";
import { createS3Client } from "#src/adapters/s3/s3-client.ts";

export interface S3Double {
  readonly endpoint: string;
  /** `PUT`, `GET`, `LIST`, `DELETE` in their order. */
  readonly requests: readonly string[];
  /** By key. */
  readonly objects: Map<string, Buffer>;
  /** What came with each object, by key. */
  readonly headers: Map<string, IncomingHttpHeaders>;
  close(): Promise<void>;
}

/** An object of this name cannot be deleted. */
export const undeletable = "undeletable";

/** Keys in one answer. */
const pageSize = 3;

/** One bucket on 127.0.0.1, as far as we need it: PutObject with If-None-Match, GetObject, ListObjectsV2, DeleteObjects. */
export async function s3Double(bucket: string): Promise<S3Double> {
  const objects = new Map<string, Buffer>();
  const headers = new Map<string, IncomingHttpHeaders>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    void answer(request, response, { bucket, objects, headers, requests });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the double has no port");
  const close = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { endpoint: `http://127.0.0.1:${address.port}`, requests, objects, headers, close };
}

interface Bucket {
  readonly bucket: string;
  readonly objects: Map<string, Buffer>;
  readonly headers: Map<string, IncomingHttpHeaders>;
  readonly requests: string[];
}

async function answer(request: IncomingMessage, response: ServerResponse, of: Bucket): Promise<void> {
  const url = new URL(request.url ?? "/", "http://s3");
  const [, bucket = "", ...rest] = decodeURIComponent(url.pathname).split("/");
  const key = rest.join("/");
  const body = await buffer(request);
  if (bucket !== of.bucket) return refuse(response, 404, "NoSuchBucket");
  if (request.method === "PUT") {
    of.requests.push("PUT");
    if (request.headers["if-none-match"] === "*" && of.objects.has(key))
      return refuse(response, 412, "PreconditionFailed");
    of.objects.set(key, body);
    of.headers.set(key, request.headers);
    response.writeHead(200, { etag: '"1"' }).end();
  } else if (request.method === "POST" && url.searchParams.has("delete")) {
    of.requests.push("DELETE");
    response.writeHead(200, { "content-type": "application/xml" }).end(deleteAll(of.objects, body));
  } else if (key === "") {
    of.requests.push("LIST");
    response.writeHead(200, { "content-type": "application/xml" }).end(pageOf(of.objects, url.searchParams));
  } else {
    of.requests.push("GET");
    const object = of.objects.get(key);
    if (object === undefined) return refuse(response, 404, "NoSuchKey");
    response.writeHead(200, { "content-length": object.length }).end(object);
  }
}

function deleteAll(objects: Map<string, Buffer>, body: Buffer): string {
  const keys = [...body.toString("utf8").matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key = ""]) => key);
  for (const key of keys) if (key !== undeletable) objects.delete(key);
  const error = `<Error><Key>${undeletable}</Key><Code>AccessDenied</Code></Error>`;
  return `<DeleteResult>${keys.includes(undeletable) ? error : ""}</DeleteResult>`;
}

function pageOf(objects: ReadonlyMap<string, Buffer>, query: URLSearchParams): string {
  const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
  const keys = [...objects.keys()].filter((key) => key > after).sort();
  const page = keys.slice(0, pageSize);
  const contents = page.map((key) => `<Contents><Key>${key}</Key></Contents>`).join("");
  const next = keys.length > pageSize ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : "";
  return `<ListBucketResult>${contents}<IsTruncated>${next !== ""}</IsTruncated>${next}</ListBucketResult>`;
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(`<Error><Code>${code}</Code><Message>refused</Message></Error>`);
}

/** A bucket, and a client that finds it as a function finds S3: in the environment. */
export async function s3DoubleWithClient(
  bucket: string,
): Promise<{ readonly double: S3Double; readonly client: S3Client; close(): Promise<void> }> {
  const double = await s3Double(bucket);
  const environment = {
    AWS_ENDPOINT_URL: double.endpoint,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
  };
  Object.assign(process.env, environment);
  const client = createS3Client();
  return {
    double,
    client,
    async close() {
      for (const name of Object.keys(environment)) delete process.env[name];
      client.destroy();
      await double.close();
    },
  };
}
