import { lambdaHandler } from "#src/adapters/powertools/lambda-edge.ts";
import { parseEnv } from "#src/config/env.ts";
import { createPlanDeps } from "./deps.ts";
import { planEnv } from "./env.ts";
import { createPlanHandler } from "./plan-handler.ts";

const deps = createPlanDeps(parseEnv(planEnv, process.env));

export const handler = lambdaHandler(createPlanHandler(deps), deps);
