/**
 * What each function's handler records, by service. Each is billed as a metric of its own ($0.30 a month, docs/operations.md).
 * A unit test holds it against the handlers, an infra test holds alarms and dashboard against it.
 */
export const recordedMetrics: Readonly<Record<string, readonly string[]>> = {
  "mapreduce-consume": ["ConsumeTime", "Duplicates", "Plays", "RejectExcess", "Rejects"],
  archive: ["ArchivedRecords"],
  "mapreduce-plan": ["OpenEpochAge", "ProfilesAge", "WaitingSegmentsAge"],
  "mapreduce-reduce": ["CountKeys", "EpochPlays", "MapReduceTime"],
  "mapreduce-charts": ["ChartsTime"],
  "user-behavior": ["UserBehaviorTime", "Users"],
  recommendation: ["RecommendationTime", "Trending"],
  "mapreduce-commit": ["CounterDrift", "EpochDelay", "Epochs", "WaitingPlays"],
  verify: ["CounterDrift", "VerifyTime"],
  "ws-broadcast-broadcast": ["BroadcastFailed", "BroadcastGone", "BroadcastGoneExcess", "BroadcastMessages"],
};
