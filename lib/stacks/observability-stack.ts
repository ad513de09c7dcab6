import { CfnOutput, Stack } from "aws-cdk-lib";
import { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { AlarmTopic } from "../constructs/alarm-topic.ts";
import { ApiAlarms } from "../constructs/api-alarms.ts";
import type { Deployment } from "../constructs/deployment.ts";
import { IngestAlarms } from "../constructs/ingest-alarms.ts";
import { OperationsDashboard } from "../constructs/operations-dashboard.ts";
import { ThrottleAlarms } from "../constructs/throttle-alarms.ts";
import { VerifyAlarms } from "../constructs/verify-alarms.ts";
import { WorkflowAlarms } from "../constructs/workflow-alarms.ts";
import type { Settings } from "../settings.ts";

export interface ObservabilityStackProps {
  readonly settings: Settings;
  readonly deployment: Deployment;
}

/**
 * Dashboard and alarms. It imports what it watches and nothing imports it: it is deployed last, destroyed first, and may
 * be destroyed and deployed at any time.
 */
export class ObservabilityStack extends Stack {
  constructor(scope: Construct, id: string, { settings, deployment }: ObservabilityStackProps) {
    super(scope, id, { description: "Earworm: dashboard and alarms" });
    const topic = settings.alarmEmails.length === 0 ? undefined : new AlarmTopic(this, "Topic", { settings });
    const groups = [
      new IngestAlarms(this, "Ingest", { deployment, topic }),
      new WorkflowAlarms(this, "Workflow", { deployment, topic }),
      new ApiAlarms(this, "Apis", { deployment, topic }),
      new ThrottleAlarms(this, "Throttles", { deployment, topic }),
      ...(settings.verifyHours === 0
        ? []
        : [new VerifyAlarms(this, "Verify", { settings, deployment, topic })]),
    ];
    const alarms = groups.flatMap((group) => group.node.findAll()).filter((node) => node instanceof Alarm);
    const dashboard = new OperationsDashboard(this, "Dashboard", { deployment, alarms });
    new CfnOutput(this, "DashboardName", { value: dashboard.dashboardName });
  }
}
