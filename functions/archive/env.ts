import type { EnvSpec } from "#src/config/env.ts";

/** What the archiver reads from its environment. The CDK stack must supply exactly these. */
export const archiveEnv = { ARCHIVE_BUCKET: "string" } as const satisfies EnvSpec;
