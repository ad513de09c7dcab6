import { CfnOutput, Duration, Stack } from "aws-cdk-lib";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import type { IStream } from "aws-cdk-lib/aws-kinesis";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { IStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import { chartsEnv, commitEnv, planEnv, reduceEnv, releaseEnv } from "#functions/mapreduce/env.ts";
import { recommendationEnv } from "#functions/recommendation/env.ts";
import { listenersEnv, userBehaviorEnv } from "#functions/user-behavior/env.ts";
import { AnalyticsWorkflow } from "../constructs/analytics-workflow.ts";
import { PlayArchiver } from "../constructs/play-archiver.ts";
import { PlayConsumer } from "../constructs/play-consumer.ts";
import { StageFunction } from "../constructs/stage-function.ts";
import { Verifier } from "../constructs/verifier.ts";
import { WorkflowTrigger } from "../constructs/workflow-trigger.ts";
import type { Settings } from "../settings.ts";

export interface PipelineStackProps {
  readonly settings: Settings;
  readonly plays: IStream;
  readonly segments: ITable;
  readonly counters: ITable;
  readonly archive: IBucket;
  /** The workflow's last state: tells subscribers what an epoch changed. */
  readonly broadcast: IFunction;
}

/** Replacing a document whose pages are items of their own: old pages go. */
const replace = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"];
/** What turns plays into totals and lists: the consumer, and the workflow that reduces its segments; and the archiver. Keeps nothing. */
export class PipelineStack extends Stack {
  readonly stateMachine: IStateMachine;

  constructor(scope: Construct, id: string, props: PipelineStackProps) {
    super(scope, id, { description: "Earworm: the consumer, the archiver and the analytics workflow" });
    const { settings, segments, broadcast } = props;
    new PlayConsumer(this, "Consumer", props);
    new PlayArchiver(this, "Archiver", props);
    const { stateMachine } = new AnalyticsWorkflow(this, "Workflow", {
      settings,
      functions: { ...addStages(this, props), broadcast },
    });
    new WorkflowTrigger(this, "Start", { settings, segments, stateMachine });
    if (settings.verifyHours > 0) {
      const { fn } = new Verifier(this, "Verifier", props);
      new CfnOutput(this, "VerifyFunctionName", { value: fn.functionName });
    }
    this.stateMachine = stateMachine;
    new CfnOutput(this, "StateMachineArn", { value: stateMachine.stateMachineArn });
  }
}

/** The workflow's functions that belong to this stack, each with what it may do to the tables. */
function addStages(scope: Construct, { settings, segments, counters }: PipelineStackProps) {
  const SEGMENTS_TABLE = segments.tableName;
  const COUNTERS_TABLE = counters.tableName;
  const timeout = Duration.seconds(60); // what an epoch's size is chosen for

  const plan = new StageFunction(scope, "Plan", {
    entry: "mapreduce/plan-index.ts",
    envSpec: planEnv,
    env: {
      SEGMENTS_TABLE,
      COUNTERS_TABLE,
      MAX_EPOCH_PLAYS: String(settings.maxEpochPlays),
      PLAYS_PER_WORKER: String(settings.playsPerWorker),
      MAX_WORKER_PLAYS: String(settings.maxWorkerPlays),
      MAX_WORKERS: String(settings.maxWorkers),
      LEASE_MS: String(settings.leaseMs),
      TICK_SECONDS: String(settings.tickSeconds),
      PROFILE_TICK_SECONDS: String(settings.profileTickSeconds),
    },
    settings,
    timeout,
  });
  segments.grant(plan, "dynamodb:Query");
  counters.grant(plan, "dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem"); // deleted: the lease

  const reduce = new StageFunction(scope, "Reduce", {
    entry: "mapreduce/reduce-index.ts",
    envSpec: reduceEnv,
    env: { SEGMENTS_TABLE, COUNTERS_TABLE, TOPS_EVERY_MS: String(settings.topsSeconds * 1000) },
    settings,
    work: "heavy",
    timeout,
  });
  segments.grant(reduce, "dynamodb:Query");
  counters.grant(
    reduce,
    ...replace, // put: claims too, and counters of the former format; deleted: rejects of who is forgotten too
    "dynamodb:PartiQLInsert", // counters, in batches
    "dynamodb:PartiQLUpdate",
    "dynamodb:BatchGetItem", // counters, and claims of earlier epochs
    "dynamodb:BatchWriteItem", // rejects
    "dynamodb:Query", // their raw bytes, to delete them
    "dynamodb:Scan", // an epoch that corrects, where a full chart loses an entry (I6)
  );

  const charts = new StageFunction(scope, "Charts", {
    entry: "mapreduce/charts-index.ts",
    envSpec: chartsEnv,
    env: { COUNTERS_TABLE },
    settings,
    work: "heavy",
    timeout,
  });
  counters.grant(
    charts,
    ...replace,
    "dynamodb:PartiQLInsert", // the sums of all workers
    "dynamodb:PartiQLUpdate",
    "dynamodb:BatchGetItem",
  );

  const userBehavior = new StageFunction(scope, "UserBehavior", {
    entry: "user-behavior/index.ts",
    envSpec: userBehaviorEnv,
    env: { SEGMENTS_TABLE, COUNTERS_TABLE },
    settings,
    work: "heavy",
    timeout,
  });
  segments.grant(userBehavior, "dynamodb:Query");
  counters.grant(
    userBehavior,
    ...replace,
    "dynamodb:BatchGetItem",
    "dynamodb:Query", // a profile's layers
    "dynamodb:Scan", // as reduce
  );

  const listeners = new StageFunction(scope, "Listeners", {
    entry: "user-behavior/listeners-index.ts",
    envSpec: listenersEnv,
    env: { COUNTERS_TABLE },
    settings,
    timeout,
  });
  counters.grant(listeners, ...replace);

  const recommendation = new StageFunction(scope, "Recommendation", {
    entry: "recommendation/index.ts",
    envSpec: recommendationEnv,
    env: { COUNTERS_TABLE },
    settings,
    timeout,
  });
  counters.grant(recommendation, ...replace);

  const commit = new StageFunction(scope, "Commit", {
    entry: "mapreduce/commit-index.ts",
    envSpec: commitEnv,
    env: { SEGMENTS_TABLE, COUNTERS_TABLE },
    settings,
    timeout,
  });
  segments.grant(commit, "dynamodb:Query");
  counters.grant(
    commit,
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem", // the lease
  );

  const release = new StageFunction(scope, "Release", {
    entry: "mapreduce/release-index.ts",
    envSpec: releaseEnv,
    env: { COUNTERS_TABLE },
    settings,
  });
  counters.grant(release, "dynamodb:DeleteItem");

  return {
    plan: plan.fn,
    reduce: reduce.fn,
    charts: charts.fn,
    "user-behavior": userBehavior.fn,
    listeners: listeners.fn,
    recommendation: recommendation.fn,
    commit: commit.fn,
    release: release.fn,
  };
}
