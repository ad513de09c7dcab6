import { lambdaHandler } from "#src/adapters/powertools/lambda-edge.ts";
import { parseEnv } from "#src/config/env.ts";
import { createListenersDeps } from "./deps.ts";
import { listenersEnv } from "./env.ts";
import { createListenersHandler } from "./listeners-handler.ts";

const deps = createListenersDeps(parseEnv(listenersEnv, process.env));

export const handler = lambdaHandler(createListenersHandler(deps), deps);
