/** What lib/settings.ts deploys by default. Written down again: reading it there would load the CDK. */
export const deployedDefaults = {
  heavyMemoryMb: 1769,
  lightMemoryMb: 512,
  maxEpochPlays: 960_000,
  playsPerWorker: 20_000,
  maxWorkerPlays: 20_000,
  maxWorkers: 16,
  stageTimeoutSeconds: 60,
  profileTickSeconds: 900,
  segmentRetentionDays: 7,
  streamRetentionDays: 7,
  archiveSeconds: 60,
  verifyHours: 24,
  verifyMemoryMb: 3008,
} as const;
