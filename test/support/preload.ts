import type { Launch } from "./earworm-process.ts";

/** Starts a process with a module of `test/support/preload` loaded first. */
export function preload(module: "slow-profiles" | "shifted-clock", env: Launch["env"] = {}): Launch {
  const url = new URL(`preload/${module}.ts`, import.meta.url).href;
  return { env: { NODE_OPTIONS: `--import=${url}`, ...env } };
}
