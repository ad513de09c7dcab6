import { CloudFormationClient, DescribeStacksCommand, type Stack } from "@aws-sdk/client-cloudformation";
import { callingAws } from "./aws-error.ts";
import { CliError } from "./cli-error.ts";

/** What one stage of Earworm is called where it is deployed. */
export interface Deployment {
  readonly countersTable: string;
  readonly segmentsTable: string;
  readonly connectionsTable: string;
  readonly archiveBucket: string;
  /** How far apart two arrivals of one event id may be and still be one play, ms. */
  readonly dedupeHorizonMs: number;
  readonly streamName: string;
  /** Without a slash at the end. */
  readonly httpApiUrl: string;
  readonly webSocketUrl: string;
}

const connectionTimeoutMs = 2_000;
const requestTimeoutMs = 10_000;

/**
 * Reads a deployment's names out of the outputs of its stacks. Endpoint, region and credentials are the environment's,
 * as for any AWS SDK.
 *
 * @throws CliError where there is no such deployment or no way to it
 */
export async function findDeployment(stage: string): Promise<Deployment> {
  const client = new CloudFormationClient({
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
  });
  try {
    const state = await readOutputs(client, stage, "State");
    const realtime = await readOutputs(client, stage, "Realtime");
    return {
      countersTable: state("CountersTableName"),
      segmentsTable: state("SegmentsTableName"),
      archiveBucket: state("ArchiveBucketName"),
      dedupeHorizonMs: Number(state("DedupeHorizonMs")),
      streamName: state("StreamName"),
      connectionsTable: realtime("ConnectionsTableName"),
      httpApiUrl: realtime("HttpApiUrl").replace(/\/$/, ""),
      webSocketUrl: realtime("WebSocketUrl"),
    };
  } finally {
    client.destroy();
  }
}

/** The outputs of one stack; asking for one that is missing throws. */
async function readOutputs(
  client: CloudFormationClient,
  stage: string,
  lifecycle: string,
): Promise<(name: string) => string> {
  const stackName = `Earworm-${stage}-${lifecycle}`;
  const stack = await callingAws({ service: "CloudFormation" }, () => describe(client, stackName));
  if (stack === undefined) {
    throw new CliError(
      `stage ${stage} is not deployed in ${await client.config.region()}: there is no stack ${stackName}; ` +
        `deploy it with npx cdk deploy --all -c stage=${stage}`,
    );
  }
  return (name) => {
    const value = stack.Outputs?.find(({ OutputKey }) => OutputKey === name)?.OutputValue;
    if (value !== undefined) return value;
    throw new CliError(
      `stack ${stackName} (${stack.StackStatus ?? "of no status"}) has no output ${name}: ` +
        `deploy it again with npx cdk deploy --all -c stage=${stage}`,
    );
  };
}

/** The stack, or undefined where CloudFormation says that there is none. */
async function describe(client: CloudFormationClient, stackName: string): Promise<Stack | undefined> {
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    const [stack] = Stacks ?? [];
    // A page of a web server parses as an answer without stacks.
    if (stack === undefined) throw new SyntaxError(`the answer on stack ${stackName} names no stack`);
    return stack;
  } catch (cause) {
    if (cause instanceof Error && cause.name === "ValidationError" && /does not exist/.test(cause.message)) {
      return undefined;
    }
    throw cause;
  }
}
