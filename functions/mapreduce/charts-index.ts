import { lambdaHandler } from "#src/adapters/powertools/lambda-edge.ts";
import { parseEnv } from "#src/config/env.ts";
import { createChartsHandler } from "./charts-handler.ts";
import { createChartsDeps } from "./deps.ts";
import { chartsEnv } from "./env.ts";

const deps = createChartsDeps(parseEnv(chartsEnv, process.env));

export const handler = lambdaHandler(createChartsHandler(deps), deps);
