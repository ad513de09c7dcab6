import { RemovalPolicy } from "aws-cdk-lib";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { mostWorkers } from "#src/workflow/trending-pipeline.ts";
import { anAddress, anInteger, listOf, oneOf, orText, type Rule } from "./setting-rule.ts";

const stageNames = ["dev", "prod", "large-fleet", "e2e"] as const;
type StageName = (typeof stageNames)[number];

const logLevels = ["DEBUG", "INFO", "WARN", "ERROR"] as const;

/** Everything that may differ between two deployments. What is not here is the same everywhere. */
export interface Settings {
  /** Part of every stack's name; chosen with `-c stage=`. */
  readonly stage: StageName;
  /** The least time between the starts of two epochs: freshness against cost. @default 5 */
  readonly tickSeconds: number;
  /**
   * The least time between two folds of plays into listeners' profiles, and so how old those may be: freshness against cost
   * (ADR 23). 0 for every epoch. @default 900
   */
  readonly profileTickSeconds: number;
  /** Capacity of the plays stream: the service's choice, or so many shards. @default "on-demand" */
  readonly shards: "on-demand" | number;
  /** How long a play that could not be consumed waits, and so how long a repair may take. @default 168, 24 in dev */
  readonly streamRetentionHours: number;
  /** How long segments live after they were written. @default 7 */
  readonly segmentRetentionDays: number;
  /** How far apart two arrivals of one event id still are one play. @default 600_000 */
  readonly dedupeHorizonMs: number;
  /** Plays in one epoch: 60,000 for each of `maxWorkers`, which count them within 60 s (docs/adr/0024). @default 960_000 */
  readonly maxEpochPlays: number;
  /** An epoch gets a worker for each so many plays: it counts them in some seconds (docs/adr/0024). @default 20_000 */
  readonly playsPerWorker: number;
  /**
   * Plays that one worker folds into profiles within 60 s; an epoch with rejects has the bytes of so many, since one worker copies
   * them. @default 20_000
   */
  readonly maxWorkerPlays: number;
  /** The most workers of an epoch: so many functions run at once. @default 16 */
  readonly maxWorkers: number;
  /**
   * An execution that holds the epoch longer is taken for dead; Express ends one after 5 minutes. The alarm of the open
   * epoch counts on no more. @default 300_000
   */
  readonly leaseMs: number;
  /** Records the consumer takes at once; 6 MB ends a batch earlier. @default 10_000 */
  readonly consumerBatchSize: number;
  /** How long the consumer waits for a batch to fill: larger segments against freshness. @default 1 */
  readonly consumerWindowSeconds: number;
  /** How long the archiver waits for a batch to fill: fewer and larger objects against how far the archive is behind. @default 60 */
  readonly archiveSeconds: number;
  /** How often the most played songs of each genre, platform, mood and country are published (ADR 16). @default 60 */
  readonly topsSeconds: number;
  /** How long archived plays are kept; 0 for ever. @default 0 */
  readonly archiveDays: number;
  /** How often the totals are compared with a recount of the archive; 0 for never. @default 24 */
  readonly verifyHours: number;
  /**
   * Compares only the windows of so many whole days, which bounds time and memory; 0 for everything
   * (docs/operations.md, "Verification"). @default 0
   */
  readonly verifyDays: number;
  /** Memory of the function that compares; a new account is given 3,008 MB at most. @default 3008 */
  readonly verifyMemoryMb: number;
  /** @default "INFO", "DEBUG" in dev */
  readonly logLevel: (typeof logLevels)[number];
  /** Days. @default one month, one week in dev */
  readonly logRetention: RetentionDays;
  /** Memory of functions that mostly wait. @default 512 */
  readonly lightMemoryMb: number;
  /** Memory of functions that compute; 1,769 MB is one whole vCPU. @default 1769 */
  readonly heavyMemoryMb: number;
  /** What becomes of plays, totals and segments with their stack. @default RETAIN, DESTROY in dev */
  readonly removalPolicy: RemovalPolicy.RETAIN | RemovalPolicy.DESTROY;
  /** Who hears of alarms; each address has to confirm once. @default none: alarms show in CloudWatch only */
  readonly alarmEmails: readonly string[];
  /** Requests/s that the HTTP API takes, and at once; the account's limit of all APIs is 10,000/s. @default 500, 1_000 */
  readonly httpRequestsPerSecond: number;
  readonly httpBurst: number;
  /** Messages/s that clients of the WebSocket API may send, all together, and at once. @default 500, 1_000 */
  readonly webSocketMessagesPerSecond: number;
  readonly webSocketBurst: number;
  /** Where the page is: behind CloudFront, with the HTTP API at the same origin, or nowhere. @default "cloudfront" */
  readonly dashboard: "cloudfront" | "none";
  /**
   * Pages that may call the APIs from a browser, beside our own, by origin; "*" for any. Clients that are no browser send no origin and
   * are not asked. @default none, "*" in dev
   */
  readonly allowedOrigins: readonly string[];
  /** Who may open a WebSocket: anybody, or whoever has a token. Charts are public either way. @default "open" */
  readonly webSocketAccess: "open" | "token";
  /**
   * A log line for each event of the WebSocket API. API Gateway refuses it in an account without a CloudWatch role in its
   * settings, which is the account's and not a stack's. The HTTP API needs none and always has its log. @default "off"
   */
  readonly webSocketAccessLogs: "on" | "off";
  /** A day's unexpected cost, USD, from which on `alarmEmails` hear of it; 0 leaves the billing stack out. @default 0 */
  readonly costAnomalyUsd: number;
  /**
   * Where the management endpoint of the WebSocket API is: "aws", or the base of an endpoint that imitates it, to which
   * `/<api id>/<stage>` is added. @default "aws"
   */
  readonly executeApiEndpoint: string;
}

type Tunable = Omit<Settings, "stage">;

const defaults: Tunable = {
  tickSeconds: 5,
  profileTickSeconds: 900,
  shards: "on-demand",
  streamRetentionHours: 168,
  segmentRetentionDays: 7,
  dedupeHorizonMs: 600_000,
  maxEpochPlays: 960_000,
  playsPerWorker: 20_000,
  maxWorkerPlays: 20_000,
  maxWorkers: 16,
  leaseMs: 300_000,
  consumerBatchSize: 10_000,
  consumerWindowSeconds: 1,
  archiveSeconds: 60,
  topsSeconds: 60,
  archiveDays: 0,
  verifyHours: 24,
  verifyDays: 0,
  verifyMemoryMb: 3008,
  logLevel: "INFO",
  logRetention: RetentionDays.ONE_MONTH,
  lightMemoryMb: 512,
  heavyMemoryMb: 1769,
  removalPolicy: RemovalPolicy.RETAIN,
  alarmEmails: [],
  httpRequestsPerSecond: 500,
  httpBurst: 1_000,
  webSocketMessagesPerSecond: 500,
  webSocketBurst: 1_000,
  dashboard: "cloudfront",
  allowedOrigins: [],
  webSocketAccess: "open",
  webSocketAccessLogs: "off",
  costAnomalyUsd: 0,
  executeApiEndpoint: "aws",
};

const shortLived: Partial<Tunable> = {
  streamRetentionHours: 24,
  logLevel: "DEBUG",
  logRetention: RetentionDays.ONE_WEEK,
  removalPolicy: RemovalPolicy.DESTROY,
};

const byStage: Readonly<Record<StageName, Partial<Tunable>>> = {
  dev: { ...shortLived, allowedOrigins: ["*"] },
  prod: {},
  /**
   * An example: a stream and a consumer for 16,000 plays/s, single records included, and a tick that merges a minute, which
   * an epoch with all of its workers counts. Profiles take more of them (docs/adr/0024).
   */
  "large-fleet": {
    tickSeconds: 60,
    shards: 16, // 1,000 records/s each: room for single records too
    consumerWindowSeconds: 5,
    heavyMemoryMb: 3538,
    httpRequestsPerSecond: 2_000,
    httpBurst: 4_000,
  },
  /** What `npm run test:e2e` deploys and destroys. */
  e2e: {
    ...shortLived,
    tickSeconds: 1,
    profileTickSeconds: 1,
    shards: 2,
    archiveSeconds: 1,
    playsPerWorker: 10, // epochs of one worker and of several, and folds of several parts
    maxWorkerPlays: 300,
    maxWorkers: 3,
    maxEpochPlays: 50_000,
    topsSeconds: 1,
    allowedOrigins: ["https://dashboard.example"],
  },
};

/** What each setting may be; the services' limits where they have one. */
const rules: { readonly [K in keyof Tunable]: Rule<Tunable[K]> } = {
  tickSeconds: anInteger(1, 60), // beyond a minute the schedule, not the tick, would start the epochs
  profileTickSeconds: anInteger(0, 21_600), // what waits is in segments, which may live for a day only
  shards: orText("on-demand", anInteger(1, 10_000)),
  streamRetentionHours: anInteger(24, 8760),
  segmentRetentionDays: anInteger(1, 365),
  dedupeHorizonMs: anInteger(1, 86_400_000),
  maxEpochPlays: anInteger(1, 10_000_000),
  playsPerWorker: anInteger(1, 1_000_000),
  maxWorkerPlays: anInteger(1, 1_000_000),
  maxWorkers: anInteger(1, mostWorkers),
  leaseMs: anInteger(120_000, 300_000),
  consumerBatchSize: anInteger(1, 10_000),
  consumerWindowSeconds: anInteger(1, 300), // 0 is refused together with a batch size over 10
  archiveSeconds: anInteger(1, 300), // as for the consumer
  topsSeconds: anInteger(1, 3600),
  archiveDays: anInteger(0, 36_500),
  verifyHours: anInteger(0, 24), // an alarm's period has a day at most
  verifyDays: anInteger(0, 36_500),
  verifyMemoryMb: anInteger(128, 10_240),
  logLevel: oneOf(logLevels),
  logRetention: oneOf(Object.values(RetentionDays).filter((days) => typeof days === "number")),
  lightMemoryMb: anInteger(128, 10_240),
  heavyMemoryMb: anInteger(128, 10_240),
  removalPolicy: oneOf([RemovalPolicy.RETAIN, RemovalPolicy.DESTROY]),
  alarmEmails: listOf("e-mail addresses", /^[^\s@,]+@[^\s@,]+$/),
  httpRequestsPerSecond: anInteger(1, 10_000),
  httpBurst: anInteger(1, 10_000),
  webSocketMessagesPerSecond: anInteger(1, 10_000),
  webSocketBurst: anInteger(1, 10_000),
  dashboard: oneOf(["cloudfront", "none"]),
  allowedOrigins: listOf('origins such as https://example.com, or "*"', /^(?:\*|https?:\/\/[^\s/,]+)$/),
  webSocketAccess: oneOf(["open", "token"]),
  webSocketAccessLogs: oneOf(["on", "off"]),
  costAnomalyUsd: anInteger(0, 1_000_000),
  executeApiEndpoint: orText("aws", anAddress),
};

/**
 * Plays of an epoch that one worker can count within 60 s, with room: 1.2 counters a play of 0.1 ms (docs/adr/0022) are 7 s of
 * CPU, and reading 12 times as many plays as are its own takes some seconds more.
 */
const mostPlaysOfWorker = 60_000;

const isTunable = (name: string): name is keyof Tunable => Object.hasOwn(rules, name);

function problemsOf(settings: Settings): string[] {
  const problems = Object.keys(rules)
    .filter(isTunable)
    .flatMap((name) => {
      const { expected, accepts } = rules[name];
      return accepts(settings[name])
        ? []
        : [`${name} must be ${expected}, got ${JSON.stringify(settings[name])}`];
    });
  if (settings.dedupeHorizonMs >= settings.segmentRetentionDays * 86_400_000)
    problems.push(
      `dedupeHorizonMs must be shorter than segmentRetentionDays (${settings.segmentRetentionDays}), got ${settings.dedupeHorizonMs}`,
    );
  const mostEpochPlays = settings.maxWorkers * mostPlaysOfWorker;
  if (settings.maxEpochPlays > mostEpochPlays)
    problems.push(
      `maxEpochPlays must be at most ${mostEpochPlays} where maxWorkers is ${settings.maxWorkers}, got ${settings.maxEpochPlays}`,
    );
  const { archiveDays, verifyHours, verifyDays } = settings;
  const mostVerified = archiveDays - 2; // what arrived on the day before counts too, and the oldest day is half gone
  if (archiveDays > 0 && verifyHours > 0 && !(verifyDays >= 1 && verifyDays <= mostVerified))
    problems.push(
      `verifyDays must be an integer from 1 to ${mostVerified} where archiveDays is ${archiveDays}, got ${verifyDays}; or verifyHours 0`,
    );
  if (settings.allowedOrigins.includes("*") && settings.allowedOrigins.length > 1)
    problems.push(`allowedOrigins must be "*" alone or a list without it`);
  if (settings.costAnomalyUsd > 0 && settings.alarmEmails.length === 0)
    problems.push("costAnomalyUsd needs an address in alarmEmails to tell it to");
  return problems;
}

const isStageName = (stage: unknown): stage is StageName => stageNames.some((name) => name === stage);

function requireStage(stage: unknown): StageName {
  if (isStageName(stage)) return stage;
  throw new Error(
    `invalid settings: stage must be one of ${stageNames.join(", ")}, got ${JSON.stringify(stage)}`,
  );
}

/**
 * The settings of a stage.
 *
 * @throws Error that names every bad one and its value
 */
export function settingsFor(stage: unknown, overrides: Partial<Tunable> = {}): Settings {
  const name = requireStage(stage);
  const settings: Settings = { ...defaults, ...byStage[name], ...overrides, stage: name };
  const problems = problemsOf(settings);
  if (problems.length > 0) throw new Error(`invalid settings: ${problems.join("; ")}`);
  return settings;
}

/**
 * The settings of the stage that CDK's context names (`-c stage=prod`), with every other setting of the context in
 * place of the stage's own (`-c tickSeconds=2 -c alarmEmails=a@example.com,b@example.com`).
 *
 * @param context as `app.node.getAllContext()` gives it; CDK's own keys hold a colon, a slash or a dash
 * @throws Error that names every bad one and its value, or a setting that there is not
 */
export function settingsFromContext(context: Readonly<Record<string, unknown>>): Settings {
  const { stage = "dev", ...others } = context;
  const overrides: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(others)) {
    if (isTunable(name)) overrides[name] = typeof value === "string" ? rules[name].fromText(value) : value;
    else if (/^\w+$/.test(name)) {
      const known = Object.keys(rules).join(", ");
      throw new Error(`invalid settings: there is no setting ${name}; there are stage, ${known}`);
    }
  }
  return settingsFor(stage, overrides as Partial<Tunable>);
}
