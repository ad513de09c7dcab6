import { lambdaHandler } from "#src/adapters/powertools/lambda-edge.ts";
import { parseEnv } from "#src/config/env.ts";
import { createHostingDeps } from "./deps.ts";
import { hostingEnv } from "./env.ts";
import { createHostingHandler } from "./handler.ts";

const deps = createHostingDeps(parseEnv(hostingEnv, process.env));

export const handler = lambdaHandler(createHostingHandler(deps), deps);
