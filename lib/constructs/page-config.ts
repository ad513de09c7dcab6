import type { PageConfig } from "#src/config/page-config.ts";

/* Without CDK, so that test/unit/functions/page-config.test.ts can hold it against what the functions and the page mean. */

/** The configuration of a deployed page, whose HTTP API is at its own origin. */
export const deployedPageConfig = (deployment: {
  readonly webSocketUrl: string;
  readonly webSocketAccess: PageConfig["webSocketAccess"];
  readonly tickSeconds: number;
  readonly profileTickSeconds: number;
  readonly stage: string;
}): PageConfig => ({
  webSocketUrl: deployment.webSocketUrl,
  apiUrl: "",
  webSocketAccess: deployment.webSocketAccess,
  connectionLifeMs: 7_200_000, // as API Gateway has it
  tickMs: deployment.tickSeconds * 1_000,
  profileTickMs: deployment.profileTickSeconds * 1_000,
  simulated: false,
  stage: deployment.stage,
});
