import { type Catcher, defineWorkflow, type Retrier } from "./asl.ts";

/** The functions the workflow calls; each runtime maps these names to a Lambda or to a handler in its process. */
export const workflowResources = [
  "plan",
  "reduce",
  "charts",
  "user-behavior",
  "listeners",
  "recommendation",
  "commit",
  "broadcast",
  "release",
] as const;
export type WorkflowResource = (typeof workflowResources)[number];

/** An epoch that another run already committed is not an error to repeat: the next run starts from the record. */
const retry: readonly Retrier[] = [
  { ErrorEquals: ["StaleEpochError", "CorruptStoreError"], MaxAttempts: 0 },
  { ErrorEquals: ["States.ALL"], IntervalSeconds: 1, MaxAttempts: 2, BackoffRate: 2 },
];
/** An inline Map runs so many at once: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html */
export const mostWorkers = 40;

const giveUp: readonly Catcher<"Release">[] = [
  { ErrorEquals: ["States.ALL"], ResultPath: "$.error", Next: "Release" },
];

/**
 * The one definition that Step Functions and the embedded runner both execute. One pass is one epoch; what travels
 * between states is the epoch's number and figures, never data.
 */
export const trendingPipeline = defineWorkflow({
  Comment: "plan -> MapReduce -> UserBehavior -> Recommendation -> commit -> broadcast",
  StartAt: "Plan",
  States: {
    Plan: {
      Type: "Task",
      Resource: "plan",
      Parameters: { "execution.$": "$$.Execution.Id", "startedAt.$": "$$.Execution.StartTime" },
      Retry: retry,
      Catch: giveUp,
      Next: "HasWork",
    },
    HasWork: {
      Type: "Choice",
      Choices: [
        { Variable: "$.kind", StringEquals: "epoch", Next: "HasWorkers" },
        { Variable: "$.kind", StringEquals: "early", Next: "WaitForTick" },
      ],
      Default: "Done",
    },
    HasWorkers: {
      Type: "Choice",
      Choices: [{ Variable: "$.isShared", BooleanEquals: true, Next: "MapReduceWorkers" }],
      Default: "MapReduce",
    },
    MapReduceWorkers: {
      Type: "Map",
      ItemsPath: "$.workers",
      ItemSelector: { "epoch.$": "$.epoch", "worker.$": "$$.Map.Item.Value" },
      MaxConcurrency: mostWorkers,
      ItemProcessor: {
        ProcessorConfig: { Mode: "INLINE" },
        StartAt: "MapReduceWorker",
        States: { MapReduceWorker: { Type: "Task", Resource: "reduce", Retry: retry, End: true } },
      },
      ResultPath: null,
      Catch: giveUp,
      Next: "Charts",
    },
    Charts: {
      Type: "Task",
      Resource: "charts",
      Parameters: { "epoch.$": "$.epoch" },
      ResultPath: "$.mapReduce",
      Retry: retry,
      Catch: giveUp,
      Next: "HasProfileWorkers",
    },
    MapReduce: {
      Type: "Task",
      Resource: "reduce",
      Parameters: { "epoch.$": "$.epoch" },
      ResultPath: "$.mapReduce",
      Retry: retry,
      Catch: giveUp,
      Next: "HasProfileWorkers",
    },
    HasProfileWorkers: {
      Type: "Choice",
      Choices: [{ Variable: "$.areProfilesShared", BooleanEquals: true, Next: "UserBehaviorWorkers" }],
      Default: "UserBehavior",
    },
    UserBehaviorWorkers: {
      Type: "Map",
      ItemsPath: "$.profileWorkers",
      ItemSelector: { "epoch.$": "$.epoch", "worker.$": "$$.Map.Item.Value" },
      MaxConcurrency: mostWorkers,
      ItemProcessor: {
        ProcessorConfig: { Mode: "INLINE" },
        StartAt: "UserBehaviorWorker",
        States: { UserBehaviorWorker: { Type: "Task", Resource: "user-behavior", Retry: retry, End: true } },
      },
      ResultPath: null,
      Catch: giveUp,
      Next: "Listeners",
    },
    Listeners: {
      Type: "Task",
      Resource: "listeners",
      Parameters: { "epoch.$": "$.epoch" },
      ResultPath: "$.userBehavior",
      Retry: retry,
      Catch: giveUp,
      Next: "Recommendation",
    },
    UserBehavior: {
      Type: "Task",
      Resource: "user-behavior",
      Parameters: { "epoch.$": "$.epoch" },
      ResultPath: "$.userBehavior",
      Retry: retry,
      Catch: giveUp,
      Next: "Recommendation",
    },
    Recommendation: {
      Type: "Task",
      Resource: "recommendation",
      Parameters: { "epoch.$": "$.epoch" },
      ResultPath: "$.recommendation",
      Retry: retry,
      Catch: giveUp,
      Next: "Commit",
    },
    Commit: {
      Type: "Task",
      Resource: "commit",
      Parameters: {
        "execution.$": "$$.Execution.Id",
        "startedAt.$": "$$.Execution.StartTime",
        "epoch.$": "$.epoch",
        figures: {
          "mapReduce.$": "$.mapReduce",
          "userBehavior.$": "$.userBehavior",
          "recommendation.$": "$.recommendation",
        },
      },
      ResultPath: "$.commit",
      Retry: retry,
      Catch: giveUp,
      Next: "Broadcast",
    },
    Broadcast: {
      Type: "Task",
      Resource: "broadcast",
      Parameters: { "epoch.$": "$.epoch" },
      ResultPath: "$.broadcast",
      Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.broadcastError", Next: "MoreWaiting" }],
      Next: "MoreWaiting",
    },
    MoreWaiting: {
      Type: "Choice",
      Choices: [{ Variable: "$.commit.more", BooleanEquals: true, Next: "Plan" }],
      Default: "Done",
    },
    WaitForTick: { Type: "Wait", SecondsPath: "$.waitSeconds", Next: "Plan" },
    Release: {
      Type: "Task",
      Resource: "release",
      Parameters: { "execution.$": "$$.Execution.Id" },
      ResultPath: "$.release",
      Retry: retry,
      Next: "Failed",
    },
    Failed: { Type: "Fail", ErrorPath: "$.error.Error", CausePath: "$.error.Cause" },
    Done: { Type: "Succeed" },
  },
});
