import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { E2eError } from "./e2e-error.ts";
import type { EndpointKind, Target } from "./target.ts";

const answerDeadlineMs = 10_000;

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * Finds out what an endpoint is, before anything is deployed to it.
 *
 * @param credentials the SDK's own unless given
 * @throws E2eError where nothing listens, where what listens is not AWS, and where it refuses the credentials
 */
export async function identifyEndpoint(
  target: Omit<Target, "kind">,
  credentials?: Credentials,
): Promise<EndpointKind> {
  const { endpoint } = target;
  const kind = endpoint === undefined ? "aws" : await kindOf(endpoint);
  await askForTables(target, credentials);
  return kind;
}

async function kindOf(endpoint: string): Promise<EndpointKind> {
  // MiniStack answers at LocalStack's path as well.
  if (await isHealthy(endpoint, "/_ministack/health")) return "ministack";
  if (await isHealthy(endpoint, "/_localstack/health")) return "localstack";
  return "other";
}

async function isHealthy(endpoint: string, path: string): Promise<boolean> {
  const answer = await fetch(endpoint + path, { signal: AbortSignal.timeout(answerDeadlineMs) }).catch(
    (cause: unknown) => {
      throw new E2eError(`nothing answers at AWS_ENDPOINT_URL ${endpoint} (${reasonOf(cause)})`, { cause });
    },
  );
  const body: unknown = await answer.json().catch(() => undefined);
  return answer.ok && typeof body === "object" && body !== null && "services" in body;
}

/** One signed request: only AWS, or what imitates it, answers that. */
async function askForTables({ endpoint, region }: Omit<Target, "kind">, credentials?: Credentials) {
  const client = new DynamoDBClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: 2,
    requestHandler: { connectionTimeout: answerDeadlineMs, requestTimeout: answerDeadlineMs },
  });
  try {
    const { TableNames } = await client.send(new ListTablesCommand({ Limit: 1 }));
    if (!Array.isArray(TableNames)) throw new Error("its answer is not DynamoDB's");
  } catch (cause) {
    throw new E2eError(refusalOf(endpoint ?? `AWS in ${region}`, cause), { cause });
  } finally {
    client.destroy();
  }
}

function refusalOf(place: string, cause: unknown): string {
  const { name = "", message = "" } = cause instanceof Error ? cause : {};
  if (/^ExpiredToken/.test(name)) {
    return `the session token for ${place} has expired: sign in again (aws sso login, or new AWS_SESSION_TOKEN)`;
  }
  if (name === "CredentialsProviderError")
    return `there are no credentials for ${place}: ${firstLine(message)}`;
  if (/UnrecognizedClient|InvalidSignature|AccessDenied|InvalidClientTokenId/.test(name)) {
    return `${place} refuses the credentials: ${name}: ${firstLine(message)}`;
  }
  return `${place} does not answer as AWS does: ${reasonOf(cause)}`;
}

/** The innermost reason: `fetch failed` says nothing, its cause does. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if (cause.cause instanceof Error) return reasonOf(cause.cause);
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  return firstLine(cause.message) || code || cause.name;
}

const firstLine = (text: string): string => text.trim().split("\n")[0] ?? "";
