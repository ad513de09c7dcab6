import { lambdaHandler } from "#src/adapters/powertools/lambda-edge.ts";
import { parseEnv } from "#src/config/env.ts";
import { createReduceDeps } from "./deps.ts";
import { reduceEnv } from "./env.ts";
import { createReduceHandler } from "./reduce-handler.ts";

const deps = createReduceDeps(parseEnv(reduceEnv, process.env));

export const handler = lambdaHandler(createReduceHandler(deps), deps);
