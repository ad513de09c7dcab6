import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import { type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";

/** Allows requests about the items of some partitions only. */
export function grantPartitions(
  table: ITable,
  partitions: readonly string[],
  grantee: IGrantable,
  ...actions: readonly string[]
): void {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      actions: [...actions],
      resources: [table.tableArn],
      conditions: { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": [...partitions] } },
    }),
  );
}
