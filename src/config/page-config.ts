/** What the page reads from `/config.json` when it starts: where the server is, and how it is set. */
export interface PageConfig {
  /** Absolute, or a path on the page's host. */
  readonly webSocketUrl: string;
  /** In front of the API's paths; empty for the page's host. */
  readonly apiUrl: string;
  /** Whether the WebSocket takes a token, as `token` in the query. */
  readonly webSocketAccess: "open" | "token";
  /** How long a WebSocket connection may last. */
  readonly connectionLifeMs: number;
  readonly tickMs: number;
  /** How long profiles may lack plays that charts have. */
  readonly profileTickMs: number;
  /** Whether the plays are invented. */
  readonly simulated: boolean;
  readonly stage: string;
}
