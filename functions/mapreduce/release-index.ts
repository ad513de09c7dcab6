import { lambdaHandler } from "#src/adapters/powertools/lambda-edge.ts";
import { parseEnv } from "#src/config/env.ts";
import { createReleaseDeps } from "./deps.ts";
import { releaseEnv } from "./env.ts";
import { createReleaseHandler } from "./release-handler.ts";

const deps = createReleaseDeps(parseEnv(releaseEnv, process.env));

export const handler = lambdaHandler(createReleaseHandler(deps), deps);
