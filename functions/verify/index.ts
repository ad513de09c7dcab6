import { lambdaHandler } from "#src/adapters/powertools/lambda-edge.ts";
import { parseEnv } from "#src/config/env.ts";
import { createVerifyDeps } from "./deps.ts";
import { verifyEnv } from "./env.ts";
import { createVerifyHandler } from "./verify-handler.ts";

const deps = createVerifyDeps(parseEnv(verifyEnv, process.env));

export const handler = lambdaHandler(createVerifyHandler(deps), deps);
