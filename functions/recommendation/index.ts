import { lambdaHandler } from "#src/adapters/powertools/lambda-edge.ts";
import { parseEnv } from "#src/config/env.ts";
import { createRecommendationDeps } from "./deps.ts";
import { recommendationEnv } from "./env.ts";
import { createRecommendationHandler } from "./handler.ts";

const deps = createRecommendationDeps(parseEnv(recommendationEnv, process.env));

export const handler = lambdaHandler(createRecommendationHandler(deps), deps);
