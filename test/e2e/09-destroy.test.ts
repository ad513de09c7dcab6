import { DeleteTableCommand, UpdateTableCommand } from "@aws-sdk/client-dynamodb";
import { expect, test } from "vitest";
import { Cdk } from "./harness/cdk.ts";
import { deploymentFrom } from "./harness/deployment.ts";
import { type Deployed, describeDeployed, needsAwsCli } from "./harness/describe-deployed.ts";

/** What may be left of a stage, by service. */
interface Leftovers {
  readonly stacks: readonly string[];
  readonly streams: readonly string[];
  readonly tables: readonly string[];
  readonly functions: readonly string[];
  readonly logGroups: readonly string[];
  readonly stateMachines: readonly string[];
  readonly apis: readonly string[];
  readonly buckets: readonly string[];
  readonly distributions: readonly string[];
}

const nothing: Leftovers = {
  stacks: [],
  streams: [],
  tables: [],
  functions: [],
  logGroups: [],
  stateMachines: [],
  apis: [],
  buckets: [],
  distributions: [],
};

/** Reads what there is of the stage, by the names CDK gave it. */
async function leftoversOf({ system, deployment }: Deployed): Promise<Leftovers> {
  const prefix = `earworm-${deployment.target.stage}-`;
  const names = async (query: string, ...command: readonly string[]): Promise<readonly string[]> => {
    const found = await system.aws.json<readonly (string | null)[]>(...command, "--query", query);
    return found.flatMap((name) => (name?.toLowerCase().includes(prefix) ? [name] : [])).sort();
  };
  return {
    stacks: await names(
      "StackSummaries[?StackStatus!='DELETE_COMPLETE'].StackName",
      ...["cloudformation", "list-stacks"],
    ),
    streams: await names("StreamNames", "kinesis", "list-streams"),
    tables: await names("TableNames", "dynamodb", "list-tables"),
    functions: await names("Functions[].FunctionName", "lambda", "list-functions"),
    logGroups: await names("logGroups[].logGroupName", "logs", "describe-log-groups"),
    stateMachines: await names("stateMachines[].name", "stepfunctions", "list-state-machines"),
    apis: await names("Items[].Name", "apigatewayv2", "get-apis"),
    buckets: await names("Buckets[].Name", "s3api", "list-buckets"),
    distributions: await names(
      "DistributionList.Items[].Comment || `[]`",
      "cloudfront",
      "list-distributions",
    ),
  };
}

describeDeployed("cdk destroy", (deployed) => {
  const { system, deployment, context: deployContext, folder } = deployed;
  const { target } = deployment;
  const cdk = new Cdk(target, folder);

  test("leaves nothing of a stage that is not kept", async (context) => {
    needsAwsCli(context, deployed);
    const before = await leftoversOf(deployed);
    expect(before.tables.length).toBeGreaterThanOrEqual(3); // or the question is wrong
    expect(before.functions.length).toBeGreaterThanOrEqual(10);
    expect(before.distributions).toHaveLength(1);
    expect(before.buckets).toHaveLength(2); // the archive's and the page's
    expect(before.buckets).toContain(deployment.archiveBucket);

    await cdk.destroy(deployContext);

    expect(await leftoversOf(deployed)).toEqual(nothing);
  });

  test("leaves the stream, the tables and the archive of one that is kept, with what is in them", async (context) => {
    needsAwsCli(context, deployed);
    context.skip(
      target.kind === "aws",
      "on AWS it would leave a stream, tables and a bucket that cost money",
    );
    const kept = { ...deployContext, removalPolicy: "retain" };
    const { streamName, segmentsTable, countersTable, archiveBucket } = deploymentFrom(
      target,
      (await cdk.deploy(kept)).outputs,
    );
    await system.aws.json(
      ...["dynamodb", "put-item", "--table-name", countersTable],
      ...["--item", JSON.stringify({ pk: { S: "SONG#kept" }, sk: { S: "TOTAL" } })],
    );

    // The stack that holds them refuses to go, until its protection is taken off by hand.
    const destroyed = await cdk.run(["destroy", "--all", "--force", ...cdk.context(kept)]);

    const after = await leftoversOf(deployed);
    expect(after).toEqual({
      ...nothing,
      stacks: after.stacks,
      streams: [streamName],
      tables: [countersTable, segmentsTable].sort(),
      buckets: [archiveBucket],
    });
    expect(after.stacks.filter((name) => name !== system.stackName("State"))).toEqual([]);
    expect(destroyed.code === 0).toBe(after.stacks.length === 0);
    const { Count } = await system.aws.json<{ readonly Count: number }>(
      ...["dynamodb", "scan", "--table-name", countersTable, "--select", "COUNT"],
    );
    expect(Count).toBe(1);
    await removeKept({ streamName, archiveBucket, tables: [segmentsTable, countersTable] });
    expect(await leftoversOf(deployed)).toEqual(nothing);
  });

  /** What an operator does who really wants to be rid of it. */
  async function removeKept({
    streamName,
    archiveBucket,
    tables,
  }: {
    streamName: string;
    archiveBucket: string;
    tables: readonly string[];
  }): Promise<void> {
    await system.aws.run(
      ...["cloudformation", "update-termination-protection", "--no-enable-termination-protection"],
      ...["--stack-name", system.stackName("State")],
    );
    await cdk.destroy(deployContext);
    for (const table of tables) {
      // With the SDK: Debian's AWS CLI is older than deletion protection.
      await system.tables.send(
        new UpdateTableCommand({ TableName: table, DeletionProtectionEnabled: false }),
      );
      await system.tables.send(new DeleteTableCommand({ TableName: table }));
    }
    await system.aws.json("kinesis", "delete-stream", "--stream-name", streamName);
    await system.aws.run("s3api", "delete-bucket", "--bucket", archiveBucket);
  }
});
