import { RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { bindResources } from "#src/workflow/asl.ts";
import { trendingPipeline, type WorkflowResource } from "#src/workflow/trending-pipeline.ts";
import type { Settings } from "../settings.ts";

export interface AnalyticsWorkflowProps {
  readonly settings: Settings;
  /** The function that runs each resource the workflow names. */
  readonly functions: Readonly<Record<WorkflowResource, IFunction>>;
}

/** `trendingPipeline` as an Express state machine, which itself ends an execution after 5 minutes. */
export class AnalyticsWorkflow extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { settings, functions }: AnalyticsWorkflowProps) {
    super(scope, id);
    const definition = bindResources(trendingPipeline, (resource) => functions[resource].functionArn);
    this.stateMachine = new StateMachine(this, "StateMachine", {
      stateMachineType: StateMachineType.EXPRESS,
      // As text, so that nothing rewrites it on the way to the template: the embedded runner has the same object.
      definitionBody: DefinitionBody.fromString(Stack.of(this).toJsonString(definition)),
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, "Logs", {
          retention: settings.logRetention,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ERROR,
        includeExecutionData: false,
      },
    });
    Validations.of(this.stateMachine).acknowledge(
      {
        id: "AwsSolutions-SF1",
        reason: "plan and commit log a line for every epoch; all events would be 20 lines, paid by the GB",
      },
      {
        id: "AwsSolutions-IAM5[Resource::*]",
        reason:
          "X-Ray and the delivery of logs have no resources; test/infra/functions.test.ts lists every action",
      },
    );
    this.stateMachine.addToRolePolicy(
      new PolicyStatement({
        actions: ["lambda:InvokeFunction"],
        resources: Object.values(functions).map((fn) => fn.functionArn),
      }),
    );
  }
}
