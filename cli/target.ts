import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { type Command, Option } from "commander";
import { callingAws } from "./aws-error.ts";
import type { Deployment } from "./deployment.ts";
import { stageOption } from "./options.ts";

/** Where a command finds its stores: in a data directory, or in a deployment. */
export interface Target {
  readonly dataDir: string;
  readonly stage?: string;
}

/** Lets a command be told its target: one of the two, or the data directory that `earworm dev` takes. */
export const withTarget = (command: Command): Command =>
  command
    .addOption(
      new Option("--data-dir <dir>", "the data directory of earworm dev")
        .default(".earworm/data")
        .conflicts("stage"),
    )
    .addOption(
      new Option(
        "--stage <name>",
        "a deployed stage, with the region and credentials of the AWS SDK",
      ).argParser(stageOption),
    );

/**
 * Runs `work` with the tables of a deployed stage.
 *
 * @throws CliError that says in one line what AWS answered
 */
export async function onStage<T>(
  stage: string,
  work: (client: DynamoDBDocumentClient, deployment: Deployment) => Promise<T>,
): Promise<T> {
  const { findDeployment } = await import("./deployment.ts"); // the SDK is for those who ask for a stage
  const deployment = await findDeployment(stage);
  const { createDocumentClient } = await import("#src/adapters/dynamodb/document-client.ts");
  const client = createDocumentClient();
  try {
    return await callingAws({ service: "DynamoDB" }, () => work(client, deployment));
  } finally {
    client.destroy();
  }
}
