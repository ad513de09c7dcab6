import { DescribeTimeToLiveCommand, DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import type { DeployedSystem } from "./harness/deployed-system.ts";
import { eventually } from "./harness/eventually.ts";
import type { EndpointKind } from "./harness/target.ts";

/*
 * What AWS does and an endpoint that imitates it may not. A test that needs one of these is skipped by its name where it is
 * missing, and another test, which runs everywhere, stands in for it.
 */

interface Capability {
  readonly what: string;
  /** The tests that cover it instead. */
  readonly instead: string;
  /** Asks the endpoint, where that is cheap; an error means no. */
  readonly probe?: (system: DeployedSystem) => Promise<boolean>;
  /** The kinds of endpoint known to lack it, where asking would take too long or prove nothing. */
  readonly knownToLack?: readonly EndpointKind[];
}

const capabilities = {
  "function-logs": {
    what: "what a function logs can be read from its log group",
    instead: "test/contract/powertools.test.ts",
    probe: hasFunctionLogs,
  },
  "function-error-names": {
    what: "a thrown error reaches the workflow by its own name, so that Retry can tell errors apart",
    instead: "test/local/runtime.test.ts",
    probe: tellsErrorNames,
  },
  "websocket-authorizer": {
    what: "an authorizer is asked before a WebSocket opens",
    instead: "test/unit/functions/ws-broadcast-access.test.ts",
    knownToLack: [],
  },
  "state-machine-logs": {
    what: "a run that fails leaves a line in the state machine's log group",
    instead: "test/infra/pipeline-stack.test.ts",
    knownToLack: ["ministack"],
  },
  iam: {
    what: "requests with unknown credentials are refused, and policies are obeyed",
    instead: "test/infra/functions.test.ts",
    probe: refusesStrangers,
  },
  "time-to-live": {
    what: "items expire",
    instead: "test/infra/state-stack.test.ts",
    probe: hasTimeToLive,
  },
  "stream-encryption": {
    what: "the stream is encrypted at rest, and says so",
    instead: "test/infra/state-stack.test.ts",
    probe: isStreamEncrypted,
  },
  "sequence-numbers-of-56-digits": {
    what: "records get sequence numbers as long as Kinesis' own",
    instead: "test/unit/domain/position.test.ts",
    probe: async (system) => (await firstSequenceNumber(system)).length >= 56,
  },
  "batching-window": {
    what: "an event source mapping waits for its window to fill a batch",
    instead: "test/local/stream-mapping.test.ts",
    knownToLack: ["ministack"],
  },
  bisect: {
    what: "a batch that fails is halved until the bad record is alone",
    instead: "test/local/stream-mapping.test.ts",
    knownToLack: ["ministack"],
  },
  cloudfront: {
    what: "a distribution answers at its own address, from a bucket that refuses plain HTTP and from an API",
    instead: "test/infra/dashboard-hosting.test.ts",
    // MiniStack makes it, but reads the bucket by plain HTTP, and calls no API Gateway.
    knownToLack: ["ministack", "localstack", "other"],
  },
  "cost-anomaly-monitor": {
    what: "Cost Explorer watches for anomalies, for the billing stack",
    instead: "test/infra/alarms.test.ts",
    probe: answers("ce", "get-anomaly-monitors"),
  },
  "composite-alarms": {
    what: "CloudWatch combines alarms",
    instead: "nothing yet: no stack needs it",
    probe: answers("cloudwatch", "describe-alarms", "--alarm-types", "CompositeAlarm"),
  },
  "metric-filters": {
    what: "CloudWatch makes metrics of log lines",
    instead: "nothing yet: no stack needs it",
    probe: answers("logs", "describe-metric-filters"),
  },
} as const satisfies Record<string, Capability>;

export type CapabilityName = keyof typeof capabilities;

export interface Support {
  readonly name: CapabilityName;
  readonly isSupported: boolean;
  /** How that is known. */
  readonly by: "probe" | "known";
}

export const capabilityNames = Object.keys(capabilities) as CapabilityName[];

/** The tests that cover a capability where it is missing. */
export const insteadOf = (name: CapabilityName): string => capabilities[name].instead;

/** Asks a deployed system's endpoint what it can do. */
export async function probeCapabilities(system: DeployedSystem): Promise<readonly Support[]> {
  const { kind } = system.deployment.target;
  const asked = Object.entries(capabilities).map(async ([name, capability]: [string, Capability]) => {
    const { probe, knownToLack = [] } = capability;
    const isSupported =
      probe === undefined ? !knownToLack.includes(kind) : await probe(system).catch(() => false);
    return {
      name: name as CapabilityName,
      isSupported,
      by: probe === undefined ? "known" : "probe",
    } as const;
  });
  return await Promise.all(asked);
}

/** The table for the output. */
export function describeCapabilities(supports: readonly Support[]): string {
  const rows = supports.map(({ name, isSupported, by }) => {
    const { what, instead } = capabilities[name];
    const mark = isSupported ? "yes" : "no";
    return `  ${name.padEnd(30)} ${mark.padEnd(4)} ${by.padEnd(6)} ${what}${isSupported ? "" : `; instead: ${instead}`}`;
  });
  return ["capabilities of this endpoint:", ...rows].join("\n");
}

/** Whether an AWS CLI command succeeds; asking for what exists proves only that the service is there. */
function answers(...command: readonly string[]): (system: DeployedSystem) => Promise<boolean> {
  return async (system) => (await system.aws.run(...command)).code === 0;
}

async function hasFunctionLogs(system: DeployedSystem): Promise<boolean> {
  const group = await system.resource("Realtime", "AWS::Logs::LogGroup", "HttpFunctionLogs");
  await system.stats();
  return await eventually(
    "a line in the API function's log",
    async () => (await system.logLines(group)).length > 0,
    20_000,
  );
}

/** An epoch that never was cannot be committed: the function throws a CorruptStoreError, and nothing is written. */
async function tellsErrorNames(system: DeployedSystem): Promise<boolean> {
  const commit = await system.resource("Pipeline", "AWS::Lambda::Function", "Commit");
  const payload = { execution: "e2e", startedAt: "2026-01-01T00:00:00Z", epoch: 999_999_999, figures: {} };
  const answer = await system.invoke<{ readonly errorType?: string }>(commit, payload);
  return answer.errorType === "CorruptStoreError";
}

async function refusesStrangers({ deployment }: DeployedSystem): Promise<boolean> {
  const client = new DynamoDBClient({
    maxAttempts: 1,
    region: deployment.target.region,
    credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "nobody" }, // the one of AWS' documentation
  });
  try {
    await client.send(new ListTablesCommand({ Limit: 1 }));
    return false;
  } catch {
    return true;
  } finally {
    client.destroy();
  }
}

async function hasTimeToLive({ tables, deployment }: DeployedSystem): Promise<boolean> {
  const { TimeToLiveDescription } = await tables.send(
    new DescribeTimeToLiveCommand({ TableName: deployment.segmentsTable }),
  );
  return /^ENABL/.test(TimeToLiveDescription?.TimeToLiveStatus ?? "");
}

async function isStreamEncrypted({ aws, deployment }: DeployedSystem): Promise<boolean> {
  const summary = await aws.json<{
    readonly StreamDescriptionSummary: { readonly EncryptionType?: string };
  }>("kinesis", "describe-stream-summary", "--stream-name", deployment.streamName);
  return summary.StreamDescriptionSummary.EncryptionType === "KMS";
}

async function firstSequenceNumber({ aws, deployment }: DeployedSystem): Promise<string> {
  const { Shards } = await aws.json<{
    readonly Shards: readonly { readonly SequenceNumberRange: { readonly StartingSequenceNumber: string } }[];
  }>("kinesis", "list-shards", "--stream-name", deployment.streamName);
  return Shards[0]?.SequenceNumberRange.StartingSequenceNumber ?? "";
}
