import { join } from "node:path";
import { createLambdaEdge, type LambdaEdge } from "#src/adapters/powertools/lambda-edge.ts";
import { createS3Client } from "#src/adapters/s3/s3-client.ts";
import { S3PageStore } from "#src/adapters/s3/s3-page-store.ts";
import type { Env } from "#src/config/env.ts";
import type { hostingEnv } from "./env.ts";
import type { HostingDeps } from "./handler.ts";
import { readPage } from "./read-page.ts";
import { respond } from "./respond.ts";

export const createHostingDeps = (env: Env<typeof hostingEnv>): HostingDeps & LambdaEdge => ({
  ...createLambdaEdge(),
  store: new S3PageStore(createS3Client(), env.PAGE_BUCKET),
  // Beside the bundle, where lib/constructs/dashboard-hosting.ts has it built.
  readPage: () => readPage(join(import.meta.dirname, "page")),
  respond,
});
