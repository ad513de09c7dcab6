import { lambdaHandler } from "#src/adapters/powertools/lambda-edge.ts";
import { parseEnv } from "#src/config/env.ts";
import { createTriggerDeps } from "./deps.ts";
import { triggerEnv } from "./env.ts";
import { createTriggerHandler } from "./trigger-handler.ts";

const deps = createTriggerDeps(parseEnv(triggerEnv, process.env));

export const handler = lambdaHandler(createTriggerHandler(deps), deps);
