import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { CloudFormationCustomResourceEvent, CloudFormationCustomResourceResponse } from "aws-lambda";
import { describe, expect, onTestFinished, test } from "vitest";
import { createHostingHandler, type HostingDeps } from "#functions/hosting/handler.ts";
import { pageFile } from "#functions/hosting/page-file.ts";
import { readPage } from "#functions/hosting/read-page.ts";
import { respond } from "#functions/hosting/respond.ts";
import { MemoryLogger } from "#src/adapters/memory/memory-logger.ts";
import { MemoryPageStore } from "#src/adapters/memory/memory-page-store.ts";
import { StoreError } from "#src/domain/errors.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (body: Uint8Array | undefined): string => new TextDecoder().decode(body);

const ids = { StackId: "stack", RequestId: "request", LogicalResourceId: "Published" };

function anEvent(
  RequestType: CloudFormationCustomResourceEvent["RequestType"],
  properties: Readonly<Record<string, unknown>> = { Config: '{"stage":"prod"}' },
): CloudFormationCustomResourceEvent {
  const common = {
    ...ids,
    ServiceToken: "arn",
    ResponseURL: "https://cloudformation.example/answer",
    ResourceType: "Custom::EarwormPage",
    ResourceProperties: { ServiceToken: "arn", ...properties },
  };
  if (RequestType === "Create") return { ...common, RequestType };
  if (RequestType === "Delete") return { ...common, RequestType, PhysicalResourceId: "page" };
  return {
    ...common,
    RequestType,
    PhysicalResourceId: "page",
    OldResourceProperties: { ServiceToken: "arn" },
  };
}

function aPublisher(overrides: Partial<HostingDeps> = {}) {
  const store = new MemoryPageStore();
  const responses: [url: string, response: CloudFormationCustomResourceResponse][] = [];
  const handle = createHostingHandler({
    store,
    readPage: async () => [
      pageFile("index.html", bytes("<html>")),
      pageFile("assets/a-12345678.js", bytes("1")),
    ],
    respond: async (url, response) => void responses.push([url, response]),
    logger: new MemoryLogger(),
    ...overrides,
  });
  return { store, responses, handle };
}

describe("the function that publishes the page", () => {
  test.each(["Create", "Update"] as const)(
    "at %s puts what a document names before the document",
    async (type) => {
      const { store, responses, handle } = aPublisher();

      await handle(anEvent(type));

      expect([...store.files.keys()]).toEqual(["assets/a-12345678.js", "config.json", "index.html"]);
      expect(text(store.files.get("config.json")?.body)).toBe('{"stage":"prod"}');
      expect(responses).toEqual([
        ["https://cloudformation.example/answer", { ...ids, PhysicalResourceId: "page", Status: "SUCCESS" }],
      ]);
    },
  );

  test("leaves the scripts of an earlier page to whoever has it open", async () => {
    const { store, handle } = aPublisher();
    await store.put(pageFile("assets/a-87654321.js", bytes("0")));

    await handle(anEvent("Update"));

    expect([...store.files.keys()]).toContain("assets/a-87654321.js");
  });

  test("empties the bucket when its stack goes", async () => {
    const { store, responses, handle } = aPublisher();
    await handle(anEvent("Create"));

    await handle(anEvent("Delete"));

    expect(store.files.size).toBe(0);
    expect(responses.at(-1)?.[1]).toMatchObject({ Status: "SUCCESS", PhysicalResourceId: "page" });
  });

  test.each<[string, Partial<HostingDeps>, Readonly<Record<string, unknown>>, string]>([
    [
      "the store fails",
      { store: failingStore() },
      { Config: "{}" },
      "StoreError: page s3://b/: AccessDenied",
    ],
    ["there is no page", { readPage: async () => [] }, { Config: "{}" }, "Error: the page has no index.html"],
    ["it is given no configuration", {}, {}, "TypeError: the resource has no property Config"],
  ])("says why where %s, instead of keeping CloudFormation waiting", async (_, deps, properties, Reason) => {
    const { store, responses, handle } = aPublisher(deps);

    await handle(anEvent("Create", properties));

    expect(responses.map(([, response]) => response)).toEqual([
      { ...ids, PhysicalResourceId: "page", Status: "FAILED", Reason },
    ]);
    expect(store.files.size).toBe(0);
  });

  test("throws where CloudFormation does not take the response, so that Lambda tries again", async () => {
    const { handle } = aPublisher({ respond: () => Promise.reject(new Error("status 503")) });

    await expect(handle(anEvent("Create"))).rejects.toThrow("status 503");
  });
});

function failingStore(): HostingDeps["store"] {
  const fail = (): Promise<void> => Promise.reject(new StoreError("page s3://b/: AccessDenied"));
  return { put: fail, clear: fail };
}

test.each([
  ["index.html", "text/html; charset=utf-8", "no-cache"],
  ["config.json", "application/json; charset=utf-8", "no-cache"],
  ["icon.svg", "image/svg+xml", "no-cache"],
  ["assets/index-DkL3x_9Q.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"],
  ["assets/index-A-b_C1d2.css", "text/css; charset=utf-8", "public, max-age=31536000, immutable"],
  ["assets/plain.js", "text/javascript; charset=utf-8", "no-cache"],
])("%s is %s, %s", (path, contentType, cacheControl) => {
  expect(pageFile(path, bytes(""))).toMatchObject({ contentType, cacheControl });
});

test("a file of which no type is known is an error that names it", () => {
  expect(() => pageFile("assets/movie-12345678.mkv", bytes(""))).toThrow(
    "there is no content type for assets/movie-12345678.mkv",
  );
});

test("a built page is read with its folders", async () => {
  const folder = mkdtempSync(join(tmpdir(), "earworm-page-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "index.html"), "<html>");
  writeFileSync(join(folder, "assets/a-12345678.js"), "1");

  const files = await readPage(folder);

  expect(files.map(({ path, body }) => [path, text(body)]).sort()).toEqual([
    ["assets/a-12345678.js", "1"],
    ["index.html", "<html>"],
  ]);
});

describe("the response to CloudFormation", () => {
  const success = { ...ids, Status: "SUCCESS", PhysicalResourceId: "page" } as const;

  test("is put as JSON without a content type, which the signed address does not allow", async () => {
    const { url, requests } = await anAddress(200);

    await respond(url, success);

    expect(requests).toEqual([{ method: "PUT", type: "", body: success }]);
  });

  test("that is not taken is an error", async () => {
    const { url } = await anAddress(403);

    await expect(respond(url, success)).rejects.toThrow(
      "CloudFormation did not take the response: status 403",
    );
  });
});

async function anAddress(status: number) {
  const requests: { readonly method: unknown; readonly type: unknown; readonly body: unknown }[] = [];
  const server = createServer(async (request, response) => {
    const body: unknown = JSON.parse(String(await buffer(request)));
    requests.push({ method: request.method, type: request.headers["content-type"] ?? "", body });
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer`, requests };
}
