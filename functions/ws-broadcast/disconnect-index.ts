import { lambdaHandler } from "#src/adapters/powertools/lambda-edge.ts";
import { parseEnv } from "#src/config/env.ts";
import { createDisconnectDeps } from "./deps.ts";
import { createDisconnectHandler } from "./disconnect-handler.ts";
import { disconnectEnv } from "./env.ts";

const deps = createDisconnectDeps(parseEnv(disconnectEnv, process.env));

export const handler = lambdaHandler(createDisconnectHandler(deps), deps);
