import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";

export interface OperatorAlarmProps {
  /** The alarm's section in docs/operations.md, as an anchor: `iterator-age`. The alarm's message names it. */
  readonly section: string;
  /** What is wrong, for whoever gets the message. */
  readonly meaning: string;
  /** One metric as it is: not every endpoint that imitates AWS creates alarms on expressions. */
  readonly metric: IMetric;
  /** The alarm goes off above it. */
  readonly threshold: number;
  /** How many of the last periods have to be above the threshold. @default [1, 1] */
  readonly breaching?: readonly [periods: number, of: number];
  /** What a period without a figure means. @default NOT_BREACHING */
  readonly missing?: TreatMissingData;
  /** Who is told. @default nobody: it shows in CloudWatch */
  readonly topic?: ITopic | undefined;
}

/** An alarm that leads to what can be done about it, and tells when it is over. */
export class OperatorAlarm extends Alarm {
  constructor(scope: Construct, id: string, props: OperatorAlarmProps) {
    const [datapointsToAlarm, evaluationPeriods] = props.breaching ?? [1, 1];
    super(scope, id, {
      alarmDescription: `${props.meaning} (docs/operations.md#${props.section})`,
      metric: props.metric,
      threshold: props.threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      datapointsToAlarm,
      evaluationPeriods,
      treatMissingData: props.missing ?? TreatMissingData.NOT_BREACHING,
    });
    if (props.topic === undefined) return;
    const action = new SnsAction(props.topic);
    this.addAlarmAction(action);
    this.addOkAction(action);
  }
}
