import { lambdaHandler } from "#src/adapters/powertools/lambda-edge.ts";
import { parseEnv } from "#src/config/env.ts";
import { createBroadcastHandler } from "./broadcast-handler.ts";
import { createBroadcastDeps } from "./deps.ts";
import { broadcastEnv } from "./env.ts";

const deps = createBroadcastDeps(parseEnv(broadcastEnv, process.env));

export const handler = lambdaHandler(createBroadcastHandler(deps), deps);
