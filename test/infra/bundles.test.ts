import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { releaseEnv } from "#functions/mapreduce/env.ts";
import { bundling } from "#lib/constructs/bundling.ts";
import { StageFunction } from "#lib/constructs/stage-function.ts";
import { settingsFor } from "#lib/settings.ts";
import { type Bundle, buildBundle, bundleEntries } from "../../bench/bundles/build-bundle.ts";

/**
 * By entry: the most bytes its bundle may have, about 5 % more than it had when this was written, and the AWS clients it
 * needs. What grows beyond is to be looked at with `npm run bundles`.
 */
const limits: Readonly<Record<string, { readonly bytes: number; readonly clients: readonly string[] }>> = {
  "api/index.ts": { bytes: 391_000, clients: ["dynamodb", "kinesis"] },
  "archive/index.ts": { bytes: 370_000, clients: ["s3"] },
  "hosting/index.ts": { bytes: 370_000, clients: ["s3"] },
  "mapreduce/charts-index.ts": { bytes: 300_000, clients: ["dynamodb"] },
  "mapreduce/commit-index.ts": { bytes: 290_000, clients: ["dynamodb"] },
  "mapreduce/consume-index.ts": { bytes: 361_000, clients: ["dynamodb", "kinesis"] },
  "mapreduce/plan-index.ts": { bytes: 281_000, clients: ["dynamodb"] },
  "mapreduce/reduce-index.ts": { bytes: 373_000, clients: ["dynamodb"] },
  "mapreduce/release-index.ts": { bytes: 271_000, clients: ["dynamodb"] },
  "mapreduce/trigger-index.ts": { bytes: 231_000, clients: ["sfn"] },
  "recommendation/index.ts": { bytes: 277_000, clients: ["dynamodb"] },
  "verify/index.ts": { bytes: 530_000, clients: ["dynamodb", "s3"] },
  "user-behavior/listeners-index.ts": { bytes: 285_000, clients: ["dynamodb"] },
  "user-behavior/index.ts": { bytes: 333_000, clients: ["dynamodb"] },
  "ws-broadcast/authorize-index.ts": { bytes: 268_000, clients: ["dynamodb"] },
  "ws-broadcast/broadcast-index.ts": { bytes: 339_000, clients: ["apigatewaymanagementapi", "dynamodb"] },
  "ws-broadcast/connect-index.ts": { bytes: 268_000, clients: ["dynamodb"] },
  "ws-broadcast/disconnect-index.ts": { bytes: 267_000, clients: ["dynamodb"] },
  "ws-broadcast/subscribe-index.ts": { bytes: 338_000, clients: ["apigatewaymanagementapi", "dynamodb"] },
};

test("every function has a limit, and nothing else has", () => {
  expect(bundleEntries()).toEqual(Object.keys(limits).sort());
});

describe.each(bundleEntries())("the bundle of %s", (entry) => {
  let bundle: Bundle;
  beforeAll(async () => {
    bundle = await buildBundle(entry);
  });

  test("is within its limit, and the limit near it", () => {
    const { bytes = 0 } = limits[entry] ?? {};

    expect(bundle.code.length).toBeLessThanOrEqual(bytes);
    expect(bundle.code.length, "lower the limit").toBeGreaterThan(0.85 * bytes);
  });

  test("has the AWS clients that it needs and no other", () => {
    const clients = bundle.packages.flatMap(([name]) => /^@aws-sdk\/client-(.+)$/.exec(name)?.[1] ?? []);

    expect(clients.sort()).toEqual(limits[entry]?.clients);
  });

  test("holds no source of credentials but the environment", () => {
    const names = bundle.packages.map(([name]) => name);

    expect(names.filter((name) => /credential-provider-|nested-clients/.test(name)).sort()).toEqual([
      "@aws-sdk/credential-provider-env",
      "@aws-sdk/credential-provider-node",
    ]);
  });

  test("loads Node's own modules only, and lazily nothing but the other sources of credentials", () => {
    const builtin = (path: string) => path.startsWith("node:") || builtinModules.includes(path);
    const others = bundle.imports.filter(({ path }) => !builtin(path));

    expect(others.filter(({ isLazy }) => !isLazy)).toEqual([]);
    expect(bundling.external).toEqual(expect.arrayContaining(others.map(({ path }) => path)));
  });
});

test("what is measured is what the CDK app deploys, to the byte", async () => {
  const outdir = mkdtempSync(join(tmpdir(), "earworm-assets-"));
  onTestFinished(() => rmSync(outdir, { recursive: true }));
  const app = new App({ outdir });
  new StageFunction(new Stack(app, "Bundled"), "Release", {
    entry: "mapreduce/release-index.ts",
    envSpec: releaseEnv,
    env: { COUNTERS_TABLE: "counters" },
    settings: settingsFor("dev"),
  });

  app.synth();

  const [asset] = readdirSync(outdir).filter((name) => name.startsWith("asset."));
  const deployed = readFileSync(join(outdir, asset ?? "none", "index.mjs"), "utf8");
  const measured = Buffer.from((await buildBundle("mapreduce/release-index.ts")).code).toString("utf8");
  expect(deployed).toBe(measured);
});
