import { E2eError } from "./e2e-error.ts";

/** What kind of endpoint answers; what each can do is in ../capabilities.ts. */
export const endpointKinds = ["ministack", "localstack", "aws", "other"] as const;
export type EndpointKind = (typeof endpointKinds)[number];

/** Where the suite deploys to. */
export interface Target {
  readonly kind: EndpointKind;
  /** undefined on AWS itself. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** Part of the stacks' names. */
  readonly stage: string;
}

const loopbackHosts: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);
const defaultRegion = "us-east-1";

/** Variables that would lead tools away from a loopback endpoint, or make them distrust it. */
const foreign = ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
/** Vitest's own, which a child process should not see. */
const ours = ["NODE_ENV", "NODE_OPTIONS", "VITEST", "VITEST_MODE", "VITEST_POOL_ID", "VITEST_WORKER_ID"];

const isLoopback = (endpoint: string): boolean => loopbackHosts.has(URL.parse(endpoint)?.hostname ?? "");

/** What the environment asks for; undefined where it asks for nothing, so that MiniStack is to be started. */
export function requestedTarget(env: NodeJS.ProcessEnv): Omit<Target, "kind"> | undefined {
  const endpoint = env["AWS_ENDPOINT_URL"];
  const isAws = env["EARWORM_E2E_AWS"] === "1";
  if (endpoint === undefined && !isAws) return undefined;
  const region = env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"];
  const stage = stageFor(env);
  if (endpoint === undefined) {
    if (region === undefined) throw new E2eError("EARWORM_E2E_AWS=1 needs a region: set AWS_REGION");
    return { endpoint, region, stage };
  }
  if (isAws) throw new E2eError("EARWORM_E2E_AWS=1 and AWS_ENDPOINT_URL contradict each other: unset one");
  const { protocol } = URL.parse(endpoint) ?? {};
  if (protocol !== "http:" && protocol !== "https:")
    throw new E2eError(`AWS_ENDPOINT_URL is not a URL such as http://127.0.0.1:4566: ${endpoint}`);
  return { endpoint: endpoint.replace(/\/+$/, ""), region: region ?? defaultRegion, stage };
}

/** MiniStack that the suite started itself. */
export const ownTarget = (endpoint: string, env: NodeJS.ProcessEnv): Target => ({
  kind: "ministack",
  endpoint,
  region: defaultRegion,
  stage: stageFor(env),
});

const stageFor = (env: NodeJS.ProcessEnv): string => env["EARWORM_E2E_STAGE"] ?? "e2e";

/** The environment for tools that talk to the target. Invented credentials never leave this machine. */
export function environmentFor(
  { endpoint, region }: Pick<Target, "endpoint" | "region">,
  env: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const dropped = [...ours, ...(endpoint !== undefined && isLoopback(endpoint) ? foreign : [])];
  const kept = Object.fromEntries(Object.entries(env).filter(([name]) => !dropped.includes(name)));
  const common = { ...kept, AWS_REGION: region, AWS_DEFAULT_REGION: region, AWS_PAGER: "" };
  if (endpoint === undefined) return common;
  if (!isLoopback(endpoint)) return { ...common, AWS_ENDPOINT_URL: endpoint };
  return {
    ...common,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "test", // LocalStack's convention: account 000000000000
    AWS_SECRET_ACCESS_KEY: "test",
    NO_PROXY: "127.0.0.1,localhost",
  };
}
