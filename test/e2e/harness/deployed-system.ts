import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KinesisClient, PutRecordCommand, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createDocumentClient } from "#src/adapters/dynamodb/document-client.ts";
import { DynamoDbCounterStore } from "#src/adapters/dynamodb/dynamodb-counter-store.ts";
import { createKinesisClient } from "#src/adapters/kinesis/kinesis-client.ts";
import type { VerificationView } from "#src/wire/verification-view.ts";
import { type AwsCli, AwsCommands, howToGetAwsCli } from "./aws-cli.ts";
import type { Deployment } from "./deployment.ts";
import { E2eError } from "./e2e-error.ts";
import { eventually } from "./eventually.ts";
import { HttpApi } from "./http-api.ts";

/** The totals of `GET /stats` that the tests look at. */
export interface Stats {
  readonly plays: number;
  readonly unqualified: number;
  readonly duplicates: number;
  readonly rejects: number;
  readonly epoch: number;
  readonly lag_plays: number;
  readonly verification: VerificationView | null;
}

export interface StackResource {
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId: string;
  readonly ResourceType: string;
}

/** A record to be put: a play as JSON, or a gzip block of them. */
export interface RawRecord {
  readonly key: string;
  readonly data: string | Uint8Array;
}

/** What is deployed, as its users reach it. The environment must be `environmentFor` its target. */
export class DeployedSystem {
  readonly deployment: Deployment;
  /** Without a token. */
  readonly publicApi: HttpApi;
  /** With an operator's token. */
  readonly api: HttpApi;
  readonly tables: DynamoDBDocumentClient = createDocumentClient();
  readonly counters: DynamoDbCounterStore;
  readonly #kinesis: KinesisClient = createKinesisClient();
  readonly #aws: AwsCommands | undefined;

  constructor(deployment: Deployment, cli: AwsCli | undefined, token: string) {
    this.deployment = deployment;
    this.publicApi = new HttpApi(deployment.httpUrl);
    this.api = this.publicApi.with({ authorization: `Bearer ${token}` });
    this.counters = new DynamoDbCounterStore(this.tables, deployment.countersTable);
    this.#aws = cli && new AwsCommands(deployment.target, cli);
  }

  get hasAwsCli(): boolean {
    return this.#aws !== undefined;
  }

  /** @throws E2eError where this machine has none: skip before */
  get aws(): AwsCommands {
    if (this.#aws === undefined) throw new E2eError(howToGetAwsCli);
    return this.#aws;
  }

  /** PutRecord with the SDK; returns the sequence number. */
  async put({ key, data }: RawRecord): Promise<string> {
    const command = new PutRecordCommand({
      StreamName: this.deployment.streamName,
      PartitionKey: key,
      Data: Buffer.from(data),
    });
    return (await this.#kinesis.send(command)).SequenceNumber ?? "";
  }

  /** PutRecords with the SDK; returns the sequence numbers. Throws where a record was not taken. */
  async putAll(records: readonly RawRecord[]): Promise<readonly string[]> {
    const command = new PutRecordsCommand({
      StreamName: this.deployment.streamName,
      Records: records.map(({ key, data }) => ({ PartitionKey: key, Data: Buffer.from(data) })),
    });
    const { FailedRecordCount, Records = [] } = await this.#kinesis.send(command);
    if (FailedRecordCount !== 0) throw new Error(`${FailedRecordCount} records were not taken`);
    return Records.map(({ SequenceNumber }) => SequenceNumber ?? "");
  }

  async stats(): Promise<Stats> {
    const { status, body } = await this.publicApi.get<Stats>("/stats");
    if (status !== 200) throw new Error(`/stats answered ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  /** Waits until so many records more than in `before` are committed, as plays, duplicates and rejects, and no fewer. */
  async statsAfter(
    before: Stats,
    added: { plays?: number; duplicates?: number; rejects?: number },
  ): Promise<Stats> {
    const total = ({ plays, duplicates, rejects }: Stats): number => plays + duplicates + rejects;
    const { plays = 0, duplicates = 0, rejects = 0 } = added;
    const wanted = total(before) + plays + duplicates + rejects;
    return await eventually(`${wanted} records to be committed`, async () => {
      const now = await this.stats();
      return total(now) >= wanted && now;
    });
  }

  /** Waits until everything that is in segments is committed, and so in charts and profiles as well. */
  async settled(): Promise<void> {
    await eventually("everything to be committed", async () => (await this.stats()).lag_plays === 0);
  }

  stackName(lifecycle: string): string {
    return `Earworm-${this.deployment.target.stage}-${lifecycle}`;
  }

  /** What a stack consists of. */
  async resources(lifecycle: string): Promise<readonly StackResource[]> {
    const { StackResourceSummaries } = await this.aws.json<{
      readonly StackResourceSummaries: readonly StackResource[];
    }>("cloudformation", "list-stack-resources", "--stack-name", this.stackName(lifecycle));
    return StackResourceSummaries;
  }

  /** The physical id of a resource of a type, found by the start of its logical id. */
  async resource(lifecycle: string, type: string, logicalId: string): Promise<string> {
    const found = (await this.resources(lifecycle)).find(
      (each) => each.ResourceType === type && each.LogicalResourceId.startsWith(logicalId),
    );
    if (found === undefined) throw new Error(`${this.stackName(lifecycle)} has no ${type} ${logicalId}`);
    return found.PhysicalResourceId;
  }

  /** The newest lines of a log group. */
  async logLines(group: string): Promise<readonly string[]> {
    const { events } = await this.aws.json<{ readonly events: readonly { readonly message: string }[] }>(
      ...["logs", "filter-log-events", "--log-group-name", group],
    );
    return events.map(({ message }) => message);
  }

  /** Calls a function and returns what it answered, or the error it threw. */
  async invoke<Answer>(functionName: string, payload: object): Promise<Answer> {
    const folder = mkdtempSync(join(tmpdir(), "earworm-e2e-"));
    try {
      const file = join(folder, "answer.json");
      const data = ["--payload", JSON.stringify(payload), ...this.aws.rawData];
      await this.aws.json("lambda", "invoke", "--function-name", functionName, ...data, file);
      return JSON.parse(readFileSync(file, "utf8")) as Answer;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  close(): void {
    this.#kinesis.destroy();
    this.tables.destroy();
  }
}
