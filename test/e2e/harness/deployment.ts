import { E2eError } from "./e2e-error.ts";
import type { Target } from "./target.ts";

/** The outputs that the suite, and the command line that it runs, need, by the name the stacks give them. */
const outputNames = [
  "StreamName",
  "SegmentsTableName",
  "CountersTableName",
  "ArchiveBucketName",
  "DedupeHorizonMs",
  "ConnectionsTableName",
  "HttpApiUrl",
  "WebSocketUrl",
  "DashboardUrl",
  "StateMachineArn",
] as const;
type OutputName = (typeof outputNames)[number];

/** A deployed stack: what it is called and where it can be reached. Plain data, so that it can be injected. */
export interface Deployment {
  readonly target: Target;
  readonly streamName: string;
  readonly segmentsTable: string;
  readonly countersTable: string;
  readonly archiveBucket: string;
  readonly connectionsTable: string;
  readonly stateMachineArn: string;
  /** Without a slash at its end. */
  readonly httpUrl: string;
  readonly webSocketUrl: string;
  /** The WebSocket's address as the stack gives it, where `webSocketUrl` is the endpoint's for it. */
  readonly webSocketOutput: string;
  /** Without a slash at its end. */
  readonly dashboardUrl: string;
}

/** Reads a deployment out of `cdk deploy --outputs-file`. */
export function deploymentFrom(target: Target, outputs: Readonly<Record<string, string>>): Deployment {
  const missing = outputNames.filter((name) => outputs[name] === undefined);
  if (missing.length > 0) throw new E2eError(`the stacks have no output ${missing.join(", ")}`);
  const output = (name: OutputName): string => outputs[name] ?? "";
  return {
    target,
    streamName: output("StreamName"),
    segmentsTable: output("SegmentsTableName"),
    countersTable: output("CountersTableName"),
    archiveBucket: output("ArchiveBucketName"),
    connectionsTable: output("ConnectionsTableName"),
    stateMachineArn: output("StateMachineArn"),
    httpUrl: httpAddress(target, output("HttpApiUrl")),
    webSocketUrl: webSocketAddress(target, output("WebSocketUrl")),
    webSocketOutput: output("WebSocketUrl"),
    dashboardUrl: output("DashboardUrl"),
  };
}

/** Where an endpoint that imitates AWS serves APIs; LocalStack chose the path, MiniStack serves it too. */
export const executeApi = (endpoint: string): string => `${endpoint}/_aws/execute-api`;

/**
 * The setting `executeApiEndpoint`: where the functions find the WebSocket's management API. LocalStack's functions run in
 * containers, in which this name leads to it.
 */
export function executeApiFor({ kind, endpoint }: Target): string {
  if (endpoint === undefined) return "aws";
  if (kind !== "localstack") return executeApi(endpoint);
  const { protocol, port } = new URL(endpoint);
  return executeApi(`${protocol}//localhost.localstack.cloud${port === "" ? "" : `:${port}`}`);
}

/** The API's id is the first label of its host. */
const apiId = (url: string): string => new URL(url).hostname.split(".")[0] ?? "";

function httpAddress({ endpoint }: Target, url: string): string {
  if (endpoint === undefined) return url.replace(/\/+$/, "");
  return `${executeApi(endpoint)}/${apiId(url)}`;
}

function webSocketAddress({ endpoint }: Target, url: string): string {
  if (endpoint === undefined) return url;
  const { pathname } = new URL(url);
  return `${executeApi(endpoint).replace(/^http/, "ws")}/${apiId(url)}${pathname}`;
}
