import { lambdaHandler } from "#src/adapters/powertools/lambda-edge.ts";
import { parseEnv } from "#src/config/env.ts";
import { createSubscribeDeps } from "./deps.ts";
import { subscribeEnv } from "./env.ts";
import { createSubscribeHandler } from "./subscribe-handler.ts";

const deps = createSubscribeDeps(parseEnv(subscribeEnv, process.env));

export const handler = lambdaHandler(createSubscribeHandler(deps), deps);
