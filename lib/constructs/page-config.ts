/* Without CDK, so that tests of the other side can hold it against what the functions and the page mean. */

/** What the page reads from `/config.json` when it starts. */
export interface PageConfig {
  readonly webSocketUrl: string;
  /** "" for the page's own origin. */
  readonly apiUrl: string;
  /** How long API Gateway lets a WebSocket live. */
  readonly connectionLifeMs: number;
  readonly tickMs: number;
  readonly simulated: boolean;
  readonly stage: string;
}

/** The configuration of a deployed page, whose HTTP API is at its own origin. */
export const deployedPageConfig = (deployment: {
  readonly webSocketUrl: string;
  readonly tickSeconds: number;
  readonly stage: string;
}): PageConfig => ({
  webSocketUrl: deployment.webSocketUrl,
  apiUrl: "",
  connectionLifeMs: 7_200_000,
  tickMs: deployment.tickSeconds * 1_000,
  simulated: false,
  stage: deployment.stage,
});
