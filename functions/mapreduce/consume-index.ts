import { lambdaHandler } from "#src/adapters/powertools/lambda-edge.ts";
import { parseEnv } from "#src/config/env.ts";
import { createConsumeHandler } from "./consume-handler.ts";
import { createConsumeDeps } from "./deps.ts";
import { consumeEnv } from "./env.ts";

const deps = createConsumeDeps(parseEnv(consumeEnv, process.env));

export const handler = lambdaHandler(createConsumeHandler(deps), deps);
