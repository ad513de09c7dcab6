import { CliError } from "./cli-error.ts";

/** Whom a command asks. */
export interface AwsTarget {
  readonly service: "CloudFormation" | "DynamoDB" | "Kinesis" | "S3";
  /** Where it is, unless the environment says so. */
  readonly endpoint?: string;
  /** What to do where nothing answers there. */
  readonly hint?: string;
}

const expired: ReadonlySet<string> = new Set(["ExpiredToken", "ExpiredTokenException", "RequestExpired"]);
const unknownCredentials: ReadonlySet<string> = new Set([
  "IncompleteSignature",
  "IncompleteSignatureException",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "MissingAuthenticationToken",
  "MissingAuthenticationTokenException",
  "SignatureDoesNotMatch",
  "UnrecognizedClientException",
]);
const denied: ReadonlySet<string> = new Set(["AccessDenied", "AccessDeniedException"]);
/** What the SDK calls an error whose answer says nothing it knows. */
const nothingKnown: ReadonlySet<string> = new Set(["Unknown", "UnknownError"]);
const unreachable: ReadonlySet<string> = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPROTO",
  "ETIMEDOUT",
]);

/** Runs `work`; what a user can put right about AWS, or about the way there, becomes a `CliError` of one line. */
export async function callingAws<T>(target: AwsTarget, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof CliError) throw cause; // it says what it is about
    const message = awsFailure(cause, target);
    throw message === undefined ? cause : new CliError(message, { cause });
  }
}

/** One line on what was thrown, or on what caused it; undefined where that is about something else. */
export function awsFailure(thrown: unknown, target: AwsTarget): string | undefined {
  let cause = thrown;
  for (let depth = 0; cause instanceof Error && depth < 5; depth++) {
    const message = setupFailure(cause, target) ?? answerFailure(cause, target);
    if (message !== undefined) return message;
    cause = cause.cause;
  }
  return undefined;
}

/** What fails before there is an answer. */
function setupFailure(error: Error, target: AwsTarget): string | undefined {
  if (error.message === "Region is missing") {
    return "no AWS region: set AWS_REGION, or a region in the profile that AWS_PROFILE names";
  }
  if (/^(CredentialsProvider|TokenProvider)Error$/.test(error.name)) {
    if (/expired/i.test(error.message)) return expiredSession(error.message);
    return `no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (${oneLine(error.message)})`;
  }
  const code = codeOf(error);
  if (code === "ERR_INVALID_URL") return `the AWS endpoint is not a URL: ${endpointOf(target) ?? "unknown"}`;
  if (code === undefined || !unreachable.has(code)) return undefined;
  const hint = target.hint === undefined ? "" : `: ${target.hint}`;
  return `cannot reach ${target.service} at ${endpointOf(target) ?? hostIn(error)} (${code})${hint}`;
}

/** What the answer says. */
function answerFailure(error: Error, target: AwsTarget): string | undefined {
  if (expired.has(error.name)) return expiredSession(error.name);
  const where = `${target.service} at ${endpointOf(target) ?? "AWS"}`;
  if (unknownCredentials.has(error.name)) {
    return `${where} does not accept the AWS credentials (${error.name}: ${oneLine(error.message)})`;
  }
  if (denied.has(error.name)) return `${where} refuses (${error.name}): ${oneLine(error.message)}`;
  if (!isForeignAnswer(error)) return undefined;
  return `${where} did not answer as AWS does${statusOf(error)}: is that the endpoint?`;
}

function isForeignAnswer(error: Error): boolean {
  return (
    error instanceof SyntaxError ||
    error.message.includes("Deserialization error") ||
    nothingKnown.has(error.message) ||
    nothingKnown.has(error.name)
  );
}

const expiredSession = (reason: string): string =>
  `the AWS session has expired (${oneLine(reason)}): sign in again, or set a new AWS_SESSION_TOKEN with its keys`;

/** The endpoint that was set, as the SDK looks for it. */
function endpointOf({ service, endpoint }: AwsTarget): string | undefined {
  return (
    endpoint ?? process.env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ?? process.env["AWS_ENDPOINT_URL"]
  );
}

function codeOf(error: Error): string | undefined {
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function hostIn(error: Error): string {
  if ("hostname" in error) return String(error.hostname);
  return "address" in error && "port" in error ? `${error.address}:${error.port}` : "AWS";
}

function statusOf(error: Error): string {
  const metadata: unknown = "$metadata" in error ? error.$metadata : undefined;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return "";
  return ` (HTTP ${metadata.httpStatusCode})`;
}

const oneLine = (text: string): string => text.trim().replace(/\s*\n\s*/g, " ");
