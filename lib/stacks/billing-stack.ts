import { Stack } from "aws-cdk-lib";
import { CfnAnomalyMonitor, CfnAnomalySubscription } from "aws-cdk-lib/aws-ce";
import type { Construct } from "constructs";
import type { Settings } from "../settings.ts";

export interface BillingStackProps {
  readonly settings: Settings;
  /** Names of the stacks whose cost is watched. */
  readonly watchedStacks: readonly string[];
}

/** CloudFormation puts it on everything that it creates; activated once in the billing console, costs carry it. */
const costTag = "aws:cloudformation:stack-name";

/** Tells by e-mail, once a day, of costs that nobody expected. No endpoint that imitates AWS creates it. */
export class BillingStack extends Stack {
  constructor(scope: Construct, id: string, { settings, watchedStacks }: BillingStackProps) {
    super(scope, id, { description: "Earworm: cost anomalies" });
    // By tag, because an account may have only one monitor of all its services, and mostly has it already.
    const monitor = new CfnAnomalyMonitor(this, "Monitor", {
      monitorName: `earworm-${settings.stage}`,
      monitorType: "CUSTOM",
      monitorSpecification: this.toJsonString({
        Tags: { Key: costTag, Values: watchedStacks, MatchOptions: ["EQUALS"] },
      }),
    });
    new CfnAnomalySubscription(this, "Subscription", {
      subscriptionName: `earworm-${settings.stage}`,
      frequency: "DAILY", // sooner goes to a topic only; costs are hours old anyway
      monitorArnList: [monitor.attrMonitorArn],
      subscribers: settings.alarmEmails.map((address) => ({ type: "EMAIL", address })),
      thresholdExpression: this.toJsonString({
        Dimensions: {
          Key: "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
          MatchOptions: ["GREATER_THAN_OR_EQUAL"],
          Values: [String(settings.costAnomalyUsd)],
        },
      }),
    });
  }
}
