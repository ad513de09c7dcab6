/** How far a price can be trusted: read in a stored page in November 2026, or from knowledge and not read again. */
export type Source = "read November 2026" | "from knowledge";

export interface Price {
  readonly dollars: number;
  /** What the dollars are for. */
  readonly per: string;
  readonly source: Source;
  /** Where it was read; empty for what was not. */
  readonly page: string;
}

const fromKnowledge = (dollars: number, per: string): Price => ({
  dollars,
  per,
  source: "from knowledge",
  page: "",
});
const read = (dollars: number, per: string, page: string): Price => ({
  dollars,
  per,
  source: "read November 2026",
  page,
});

const kinesisPage = "aws.amazon.com/kinesis/data-streams/pricing; trek10.com, on-demand vs. provisioned";
const dynamoDbPage = "airbyte.com, dynamodb-pricing; zeonedge.com";

/** On-demand list prices of us-east-1 without free tiers, volume steps, savings plans and taxes. A GB is 2^30 bytes. */
export const prices = {
  kinesisPutUnits: read(0.014, "million PUT payload units (25 KB each)", kinesisPage),
  kinesisShardHour: read(0.015, "shard and hour, provisioned", kinesisPage),
  kinesisStreamHour: read(0.04, "stream and hour, on-demand", kinesisPage),
  kinesisGbIn: read(0.08, "GB in, on-demand, each record rounded up to 1 KB", kinesisPage),
  kinesisGbOut: read(0.04, "GB out, on-demand", kinesisPage),
  kinesisRetainedGbMonth: fromKnowledge(0.1, "GB and month kept beyond 24 hours, on-demand"),
  kinesisRetainedShardHour: fromKnowledge(0.02, "shard and hour of retention beyond 24 hours, provisioned"),
  dynamoDbWriteUnits: read(0.625, "million write request units", dynamoDbPage),
  dynamoDbReadUnits: read(0.125, "million read request units", dynamoDbPage),
  dynamoDbGbMonth: fromKnowledge(0.25, "GB and month in DynamoDB"),
  dynamoDbBackupGbMonth: fromKnowledge(0.2, "GB and month of DynamoDB's point-in-time recovery"),
  lambdaRequests: fromKnowledge(0.2, "million Lambda requests"),
  lambdaGbSecond: fromKnowledge(0.000_013_333_4, "GB and second of Lambda, arm64"),
  expressRequests: fromKnowledge(1, "million Express runs"),
  expressGbSecond: fromKnowledge(0.000_016_67, "GB and second of an Express run"),
  logsGb: fromKnowledge(0.5, "GB of logs taken in"),
  metricMonth: fromKnowledge(0.3, "custom metric and month"),
  traces: fromKnowledge(5, "million traces recorded"),
  s3Puts: fromKnowledge(5, "million PUT or LIST requests to S3"),
  s3Gets: fromKnowledge(0.4, "million GET requests to S3"),
  s3GbMonth: fromKnowledge(0.023, "GB and month in S3"),
  webSocketMessages: read(
    1,
    "million WebSocket messages of API Gateway (32 KB each)",
    "amnic.com, API Gateway pricing",
  ),
  webSocketMinutes: read(
    0.25,
    "million minutes of connection, API Gateway",
    "amnic.com, API Gateway pricing",
  ),
  pubSubMessages: fromKnowledge(1, "million messages of AppSync Events or IoT Core (5 KB each)"),
  pubSubMinutes: fromKnowledge(0.08, "million minutes of connection, AppSync Events or IoT Core"),
  cloudFrontRequests: fromKnowledge(1, "million HTTPS requests to CloudFront"),
  cloudFrontGbOut: fromKnowledge(0.085, "GB out of CloudFront"),
  internetGbOut: fromKnowledge(0.09, "GB out of a region to the internet"),
  fargateVcpuHour: fromKnowledge(0.032_38, "vCPU and hour of Fargate, arm64"),
  fargateGbHour: fromKnowledge(0.003_56, "GB and hour of Fargate, arm64"),
  loadBalancerHour: fromKnowledge(0.0225, "hour of a load balancer, without its capacity units"),
} as const satisfies Readonly<Record<string, Price>>;

export const kb = 1024;
export const gb = 1024 ** 3;
export const million = 1_000_000;
export const hourSeconds = 3600;
/** A month of 30 days. */
export const monthSeconds = 30 * 24 * hourSeconds;

/** How many units of a size some bytes take: every record or item is rounded up by itself. */
export function unitsOf(bytes: number, unitBytes: number): number {
  return Math.max(1, Math.ceil(bytes / unitBytes));
}
