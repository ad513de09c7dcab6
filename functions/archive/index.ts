import { lambdaHandler } from "#src/adapters/powertools/lambda-edge.ts";
import { parseEnv } from "#src/config/env.ts";
import { createArchiveHandler } from "./archive-handler.ts";
import { createArchiveDeps } from "./deps.ts";
import { archiveEnv } from "./env.ts";

const deps = createArchiveDeps(parseEnv(archiveEnv, process.env));

export const handler = lambdaHandler(createArchiveHandler(deps), deps);
