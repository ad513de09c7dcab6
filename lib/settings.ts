import { RemovalPolicy } from "aws-cdk-lib";
import { RetentionDays } from "aws-cdk-lib/aws-logs";

const stageNames = ["dev", "prod"] as const;
type StageName = (typeof stageNames)[number];

const logLevels = ["DEBUG", "INFO", "WARN", "ERROR"] as const;

/** Everything that may differ between two deployments. What is not here is the same everywhere. */
export interface Settings {
  /** Part of every stack's name; chosen with `-c stage=`. */
  readonly stage: StageName;
  /** How often an epoch may start while plays arrive: freshness against cost. @default 5 */
  readonly tickSeconds: number;
  /** Capacity of the plays stream: the service's choice, or so many shards. @default "on-demand" */
  readonly shards: "on-demand" | number;
  /** How long a play that could not be consumed waits, and so how long a repair may take. @default 168, 24 in dev */
  readonly streamRetentionHours: number;
  /** How long segments live after they were written. @default 7 */
  readonly segmentRetentionDays: number;
  /** How far apart two arrivals of one event id still are one play. @default 600_000 */
  readonly dedupeHorizonMs: number;
  /** Plays in one epoch: as many as each stage can handle within its 60 s. @default 50_000 */
  readonly maxEpochPlays: number;
  /** An execution that holds the epoch longer is taken for dead; Express ends one after 5 minutes. @default 300_000 */
  readonly leaseMs: number;
  /** Records the consumer takes at once; 6 MB ends a batch earlier. @default 10_000 */
  readonly consumerBatchSize: number;
  /** How long the consumer waits for a batch to fill: larger segments against freshness. @default 1 */
  readonly consumerWindowSeconds: number;
  /** @default "INFO", "DEBUG" in dev */
  readonly logLevel: (typeof logLevels)[number];
  /** @default one month, one week in dev */
  readonly logRetention: RetentionDays;
  /** Memory of functions that mostly wait. @default 512 */
  readonly lightMemoryMb: number;
  /** Memory of functions that compute; 1,769 MB is one whole vCPU. @default 1769 */
  readonly heavyMemoryMb: number;
  /** What becomes of plays, totals and segments with their stack. @default RETAIN, DESTROY in dev */
  readonly removalPolicy: RemovalPolicy.RETAIN | RemovalPolicy.DESTROY;
}

const defaults: Omit<Settings, "stage"> = {
  tickSeconds: 5,
  shards: "on-demand",
  streamRetentionHours: 168,
  segmentRetentionDays: 7,
  dedupeHorizonMs: 600_000,
  maxEpochPlays: 50_000,
  leaseMs: 300_000,
  consumerBatchSize: 10_000,
  consumerWindowSeconds: 1,
  logLevel: "INFO",
  logRetention: RetentionDays.ONE_MONTH,
  lightMemoryMb: 512,
  heavyMemoryMb: 1769,
  removalPolicy: RemovalPolicy.RETAIN,
};

const byStage: Readonly<Record<StageName, Partial<Settings>>> = {
  dev: {
    streamRetentionHours: 24,
    logLevel: "DEBUG",
    logRetention: RetentionDays.ONE_WEEK,
    removalPolicy: RemovalPolicy.DESTROY,
  },
  prod: {},
};

type NumberSetting = { [K in keyof Settings]: Settings[K] extends number ? K : never }[keyof Settings];

/** Smallest and largest value; the services' limits where they have one. */
const ranges: Readonly<Record<Exclude<NumberSetting, "logRetention">, readonly [number, number]>> = {
  tickSeconds: [1, 60], // beyond a minute the schedule, not the tick, would start the epochs
  streamRetentionHours: [24, 8760],
  segmentRetentionDays: [1, 365],
  dedupeHorizonMs: [1, 86_400_000],
  maxEpochPlays: [1, 1_000_000],
  leaseMs: [1_000, 3_600_000],
  consumerBatchSize: [1, 10_000],
  consumerWindowSeconds: [1, 300], // 0 is refused together with a batch size over 10
  lightMemoryMb: [128, 10_240],
  heavyMemoryMb: [128, 10_240],
};

const isIntegerIn = (value: unknown, [least, most]: readonly [number, number]): boolean =>
  Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;

function problemsOf(settings: Settings): string[] {
  const problems: string[] = [];
  for (const [name, range] of Object.entries(ranges)) {
    const value: unknown = settings[name as keyof typeof ranges];
    if (!isIntegerIn(value, range))
      problems.push(
        `${name} must be an integer from ${range[0]} to ${range[1]}, got ${JSON.stringify(value)}`,
      );
  }
  if (settings.shards !== "on-demand" && !isIntegerIn(settings.shards, [1, 10_000]))
    problems.push(
      `shards must be "on-demand" or an integer from 1 to 10000, got ${JSON.stringify(settings.shards)}`,
    );
  if (!logLevels.includes(settings.logLevel))
    problems.push(
      `logLevel must be one of ${logLevels.join(", ")}, got ${JSON.stringify(settings.logLevel)}`,
    );
  if (settings.dedupeHorizonMs >= settings.segmentRetentionDays * 86_400_000)
    problems.push(
      `dedupeHorizonMs must be shorter than segmentRetentionDays (${settings.segmentRetentionDays}), got ${settings.dedupeHorizonMs}`,
    );
  return problems;
}

const isStageName = (stage: unknown): stage is StageName => stageNames.some((name) => name === stage);

/** The settings of a stage, or one error that names every bad one. */
export function settingsFor(stage: unknown, overrides: Partial<Omit<Settings, "stage">> = {}): Settings {
  if (!isStageName(stage))
    throw new Error(
      `invalid settings: stage must be one of ${stageNames.join(", ")}, got ${JSON.stringify(stage)}`,
    );
  const settings: Settings = { ...defaults, ...byStage[stage], ...overrides, stage };
  const problems = problemsOf(settings);
  if (problems.length > 0) throw new Error(`invalid settings: ${problems.join("; ")}`);
  return settings;
}
