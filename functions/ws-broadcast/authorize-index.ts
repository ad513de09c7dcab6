import { lambdaHandler } from "#src/adapters/powertools/lambda-edge.ts";
import { parseEnv } from "#src/config/env.ts";
import { createAuthorizeHandler } from "./authorize-handler.ts";
import { createAuthorizeDeps } from "./deps.ts";
import { authorizeEnv } from "./env.ts";

const deps = createAuthorizeDeps(parseEnv(authorizeEnv, process.env));

export const handler = lambdaHandler(createAuthorizeHandler(deps), deps);
