import { lambdaHandler } from "#src/adapters/powertools/lambda-edge.ts";
import { parseEnv } from "#src/config/env.ts";
import { createCommitHandler } from "./commit-handler.ts";
import { createCommitDeps } from "./deps.ts";
import { commitEnv } from "./env.ts";

const deps = createCommitDeps(parseEnv(commitEnv, process.env));

export const handler = lambdaHandler(createCommitHandler(deps), deps);
