import type { TestProject } from "vitest/node";
import { E2eError, MissingToolError } from "./harness/e2e-error.ts";
import { type Prepared, prepare } from "./harness/prepare.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** What is deployed, or why nothing is. */
    readonly e2e: { readonly prepared: Prepared } | { readonly missing: string };
  }
}

/** Vitest's global setup: one deployment that all files share, in their order. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  try {
    const { prepared, end } = await prepare();
    project.provide("e2e", { prepared });
    return end;
  } catch (error) {
    if (!(error instanceof E2eError)) throw error;
    if (!(error instanceof MissingToolError) || process.env["CI"] === "true") {
      console.error(`error: ${error.message}`);
      process.exit(1); // Vitest would add two stacks and that there are no tests
    }
    console.warn(`skipped: ${error.message}`);
    project.provide("e2e", { missing: error.message });
    return () => Promise.resolve();
  }
}
