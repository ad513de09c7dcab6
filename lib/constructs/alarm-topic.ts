import { Stack } from "aws-cdk-lib";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";
import type { Settings } from "../settings.ts";

export interface AlarmTopicProps {
  readonly settings: Settings;
}

/**
 * Where alarms go; each address has to confirm once. Not encrypted at rest: CloudWatch cannot publish with the key of AWS,
 * a key of one's own costs a dollar a month, and a message holds figures only.
 */
export class AlarmTopic extends Topic {
  constructor(scope: Construct, id: string, { settings }: AlarmTopicProps) {
    super(scope, id, { enforceSSL: true });
    for (const address of settings.alarmEmails) this.addSubscription(new EmailSubscription(address));
    // A policy of one's own replaces the topic's first one, which lets everything in the account publish.
    this.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
        actions: ["sns:Publish"],
        resources: [this.topicArn],
        conditions: { StringEquals: { "aws:SourceAccount": Stack.of(this).account } },
      }),
    );
  }
}
