import { Duration } from "aws-cdk-lib";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { EventSourceMapping, FilterCriteria, FilterRule, StartingPosition } from "aws-cdk-lib/aws-lambda";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { triggerEnv } from "#functions/mapreduce/env.ts";
import type { Settings } from "../settings.ts";
import { StageFunction } from "./stage-function.ts";

export interface WorkflowTriggerProps {
  readonly settings: Settings;
  /** The table whose new segments start the workflow; its stream needs no more than the keys. */
  readonly segments: ITable;
  readonly stateMachine: StateMachine;
}

/** Starts the workflow at the tick while segments arrive, and once a minute whatever happens. */
export class WorkflowTrigger extends Construct {
  constructor(scope: Construct, id: string, { settings, segments, stateMachine }: WorkflowTriggerProps) {
    super(scope, id);
    if (segments.tableStreamArn === undefined)
      throw new Error(`table ${segments.node.path} has no stream to start the workflow from`);
    const trigger = new StageFunction(this, "Trigger", {
      entry: "mapreduce/trigger-index.ts",
      envSpec: triggerEnv,
      env: { STATE_MACHINE_ARN: stateMachine.stateMachineArn },
      settings,
    });
    stateMachine.grantStartExecution(trigger);
    segments.grantStreamRead(trigger);

    new EventSourceMapping(this, "Mapping", {
      target: trigger.fn,
      eventSourceArn: segments.tableStreamArn,
      startingPosition: StartingPosition.LATEST, // the schedule covers what is already there
      filters: [
        FilterCriteria.filter({
          eventName: FilterRule.isEqual("INSERT"),
          dynamodb: { Keys: { pk: { S: FilterRule.beginsWith("SEG#") } } },
        }),
      ],
      batchSize: 10_000, // the largest: the window alone decides when the workflow starts
      maxBatchingWindow: Duration.seconds(settings.tickSeconds),
      parallelizationFactor: 1,
      retryAttempts: 2, // a trigger that is lost is made up for by the next one or by the schedule
      maxRecordAge: Duration.minutes(1),
    });

    new Rule(this, "SafetyNet", {
      description: "starts the workflow for windows that end in silence and for triggers that were dropped",
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(trigger.fn, { retryAttempts: 0, maxEventAge: Duration.minutes(1) })],
    });
  }
}
