import { lambdaHandler } from "#src/adapters/powertools/lambda-edge.ts";
import { parseEnv } from "#src/config/env.ts";
import { createConnectHandler } from "./connect-handler.ts";
import { createConnectionDeps } from "./deps.ts";
import { connectionEnv } from "./env.ts";

const deps = createConnectionDeps(parseEnv(connectionEnv, process.env));

export const handler = lambdaHandler(createConnectHandler(deps), deps);
