import { lambdaHandler } from "#src/adapters/powertools/lambda-edge.ts";
import { parseEnv } from "#src/config/env.ts";
import { createUserBehaviorDeps } from "./deps.ts";
import { userBehaviorEnv } from "./env.ts";
import { createUserBehaviorHandler } from "./handler.ts";

const deps = createUserBehaviorDeps(parseEnv(userBehaviorEnv, process.env));

export const handler = lambdaHandler(createUserBehaviorHandler(deps), deps);
