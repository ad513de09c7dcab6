import { GetObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { afterAll, expect, test } from "vitest";
import { createS3Client } from "#src/adapters/s3/s3-client.ts";
import { describeDeployed, needs, needsAwsCli } from "./harness/describe-deployed.ts";
import { HttpApi } from "./harness/http-api.ts";
import { PushListener } from "./harness/push-listener.ts";

describeDeployed("the deployed page", (deployed) => {
  const { system, deployment, token } = deployed;
  const s3 = createS3Client();
  afterAll(() => s3.destroy());

  const pageBucket = (): Promise<string> => system.resource("Realtime", "AWS::S3::Bucket", "HostingPage");

  test("is in its bucket, each file with its type and how long it may be kept", async (context) => {
    needsAwsCli(context, deployed);
    const bucket = await pageBucket();

    const paths = await keysOf(s3, bucket);

    expect(paths).toEqual(expect.arrayContaining(["index.html", "config.json"]));
    expect(await headersOf(s3, bucket, "index.html")).toEqual(["text/html; charset=utf-8", "no-cache"]);
    const assets = paths.filter((path) => path.startsWith("assets/"));
    expect(assets).not.toEqual([]);
    for (const asset of assets)
      expect(await headersOf(s3, bucket, asset), asset).toEqual([
        expect.stringMatching(/^(?:text\/(?:css|javascript)|image|font)/),
        "public, max-age=31536000, immutable",
      ]);
  });

  test("is told this stage's WebSocket", async (context) => {
    needsAwsCli(context, deployed);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: await pageBucket(), Key: "config.json" }));

    expect(JSON.parse((await Body?.transformToString()) ?? "")).toEqual({
      webSocketUrl: deployment.webSocketOutput,
      webSocketAccess: "open",
      apiUrl: "",
      connectionLifeMs: 7_200_000,
      tickMs: 1_000,
      profileTickMs: 1_000,
      simulated: false,
      stage: deployment.target.stage,
    });
  });

  test("comes from CloudFront, with a policy that lets it connect there and nowhere else", async (context) => {
    needs(context, deployed, "cloudfront");

    const page = await fetch(deployment.dashboardUrl);
    const config = await fetch(`${deployment.dashboardUrl}/config.json`);

    expect(page.status).toBe(200);
    expect(await page.text()).toMatch(/^<!doctype html>/i);
    const { origin } = new URL(deployment.webSocketOutput);
    expect(page.headers.get("content-security-policy")).toContain(`; connect-src 'self' ${origin}; `);
    expect(Object.fromEntries(page.headers)).toMatchObject({
      "cache-control": "no-cache",
      "strict-transport-security": "max-age=31536000",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    });
    expect(await config.json()).toMatchObject({ webSocketUrl: deployment.webSocketOutput });
  });

  test("finds the HTTP API at its own origin, tokens included", async (context) => {
    needs(context, deployed, "cloudfront");
    const api = new HttpApi(deployment.dashboardUrl);

    const stats = await api.get("/stats");
    const chart = await api.get("/charts/songs?window=all&limit=1");
    const refused = await api.get("/rejects/counts");
    const counts = await api.with({ authorization: `Bearer ${token}` }).get("/rejects/counts");

    expect([stats.status, chart.status, refused.status, counts.status]).toEqual([200, 200, 401, 200]);
    expect(chart.body).toMatchObject({ list: "songs", window: "all" });
  });

  test("may connect to the WebSocket", async () => {
    const listener = await PushListener.open(deployment.webSocketUrl, { origin: deployment.dashboardUrl });

    expect(listener.messages).toEqual([]);
    listener.close();
  });
});

async function keysOf(s3: S3Client, Bucket: string): Promise<readonly string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  return Contents.flatMap(({ Key }) => Key ?? []);
}

async function headersOf(s3: S3Client, Bucket: string, Key: string) {
  const { ContentType, CacheControl, Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  await Body?.transformToByteArray(); // or the connection stays taken
  return [ContentType, CacheControl];
}
