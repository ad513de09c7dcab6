import { lambdaHandler } from "#src/adapters/powertools/lambda-edge.ts";
import { parseEnv } from "#src/config/env.ts";
import { createConnectHandler } from "./connect-handler.ts";
import { createConnectDeps } from "./deps.ts";
import { connectEnv } from "./env.ts";

const deps = createConnectDeps(parseEnv(connectEnv, process.env));

export const handler = lambdaHandler(createConnectHandler(deps), deps);
