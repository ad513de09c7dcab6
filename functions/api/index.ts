import { lambdaHandler } from "#src/adapters/powertools/lambda-edge.ts";
import { parseEnv } from "#src/config/env.ts";
import { createApiDeps } from "./deps.ts";
import { apiEnv } from "./env.ts";
import { createApiHandler } from "./handler.ts";

const deps = createApiDeps(parseEnv(apiEnv, process.env));

export const handler = lambdaHandler(createApiHandler(deps), deps);
