import type { StageName } from "./cell.ts";

/** What lib/settings.ts deploys by default. It is written down again here: reading it there would load the CDK. */
export const deployment = {
  heavyMemoryMb: 1769,
  lightMemoryMb: 512,
  maxEpochPlays: 50_000,
  stageTimeoutSeconds: 60,
  segmentRetentionDays: 7,
  streamRetentionDays: 7,
} as const;

const heavyStages: readonly StageName[] = ["consume", "reduce", "user-behavior", "broadcast"];

export const memoryMbOf = (stage: StageName): number =>
  heavyStages.includes(stage) ? deployment.heavyMemoryMb : deployment.lightMemoryMb;
