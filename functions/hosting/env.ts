import type { EnvSpec } from "#src/config/env.ts";

/** What the function that publishes the page reads from its environment. */
export const hostingEnv = { PAGE_BUCKET: "string" } as const satisfies EnvSpec;
