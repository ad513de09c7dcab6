import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { DynamoDbProfileStore } from "#src/adapters/dynamodb/dynamodb-profile-store.ts";
import { DynamoDbPublicationStore } from "#src/adapters/dynamodb/dynamodb-publication-store.ts";
import type { DeployedSystem } from "../harness/deployed-system.ts";
import { type Published, type PublishedKeys, readPublished } from "./published.ts";

export interface DeployedRun extends Published {
  /** Songs that have a total. */
  readonly songs: number;
}

/** Reads all that the deployed stack published out of its table, through the adapters that its functions use. */
export async function readDeployed({ tables, deployment }: DeployedSystem): Promise<DeployedRun> {
  const { countersTable } = deployment;
  const { songs, ...keys } = await readKeys(tables, countersTable);
  const publications = new DynamoDbPublicationStore(tables, countersTable);
  const profiles = new DynamoDbProfileStore(tables, countersTable);
  return { ...(await readPublished(publications, profiles, keys)), songs };
}

async function readKeys(
  client: DeployedSystem["tables"],
  table: string,
): Promise<PublishedKeys & { readonly songs: number }> {
  const keys: Keys = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({
        TableName: table,
        ProjectionExpression: "pk, sk",
        ConsistentRead: true,
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      }),
    );
    keys.push(...(page.Items ?? []).map(({ pk, sk }) => [String(pk), String(sk)] as const));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return {
    charts: partitionsOf(keys, "CHART#", "LATEST"),
    listeners: partitionsOf(keys, "USER#", "PROFILE").map((key) => key.slice("USER#".length)),
    songs: partitionsOf(keys, "SONG#", "TOTAL").length,
  };
}

type Keys = (readonly [pk: string, sk: string])[];

const partitionsOf = (keys: Keys, prefix: string, sk: string): string[] =>
  keys.filter(([pk, sort]) => pk.startsWith(prefix) && sort === sk).map(([pk]) => pk);
