import type { KinesisClient, KinesisClientConfig } from "@aws-sdk/client-kinesis";
import { sealBlock } from "#src/adapters/kinesis/node-record-codec.ts";
import type { Play } from "#src/domain/play.ts";
import type { PlayStream, StreamRecord } from "#src/ports/play-stream.ts";
import { BlockBuilder } from "#src/wire/block-builder.ts";
import { type AwsTarget, callingAws } from "./aws-error.ts";

/** Where `earworm dev` listens. */
export const defaultEndpoint = "http://127.0.0.1:4567";
export const defaultStream = "plays";

const recordsPerPut = 100;
const localHosts: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** The Kinesis behind an endpoint; `aws` means what the SDK is configured for. */
export async function openKinesis(
  endpoint: string,
  config: Pick<KinesisClientConfig, "maxAttempts"> = {},
): Promise<KinesisClient> {
  if (endpoint === "aws") {
    const { createKinesisClient } = await import("#src/adapters/kinesis/kinesis-client.ts");
    return createKinesisClient(config);
  }
  const { KinesisClient } = await import("@aws-sdk/client-kinesis");
  const url = new URL(endpoint);
  if (url.protocol === "https:") return new KinesisClient({ ...config, endpoint });
  // The SDK's default, HTTP/2, is not what a plain endpoint speaks.
  const { NodeHttpHandler } = await import("@smithy/node-http-handler");
  const isForeign = !localHosts.has(url.hostname) || process.env["AWS_ACCESS_KEY_ID"] !== undefined;
  return new KinesisClient({
    ...config,
    endpoint,
    region: process.env["AWS_REGION"] ?? "us-east-1",
    requestHandler: new NodeHttpHandler({ connectionTimeout: 5000 }),
    ...(isForeign ? {} : { credentials: { accessKeyId: "local", secretAccessKey: "local" } }),
  });
}

/** The same as what errors are about. */
export const kinesisTarget = (endpoint: string): AwsTarget => ({
  service: "Kinesis",
  ...(endpoint === "aws" ? {} : { endpoint, hint: "is earworm dev running? --to names its address" }),
});

/**
 * The stream behind an endpoint; `aws` means what the SDK is configured for. What AWS refuses, or the way there, is a
 * `CliError`.
 */
export async function openPlayStream(endpoint: string, streamName: string): Promise<PlayStream> {
  const { KinesisPlayStream } = await import("#src/adapters/kinesis/kinesis-play-stream.ts");
  const stream = new KinesisPlayStream(await openKinesis(endpoint), streamName);
  const target = kinesisTarget(endpoint);
  return { put: (records) => callingAws(target, () => stream.put(records)) };
}

/** Sends plays as blocks, one request after the other: a listener's plays arrive in the order in which they came. */
export class PlaySender {
  readonly #stream: PlayStream;
  readonly #blocks = new BlockBuilder<StreamRecord>(sealBlock);
  #waiting: StreamRecord[] = [];

  constructor(stream: PlayStream) {
    this.#stream = stream;
  }

  add(play: Play): void {
    const block = this.#blocks.add(play);
    if (block !== undefined) this.#waiting.push(block);
  }

  /** Sends full blocks once there are enough of them. */
  async send(): Promise<void> {
    if (this.#waiting.length >= recordsPerPut) await this.#put();
  }

  /** Sends everything. */
  async flush(): Promise<void> {
    this.#waiting.push(...this.#blocks.flush());
    await this.#put();
  }

  async #put(): Promise<void> {
    const records = this.#waiting;
    this.#waiting = [];
    for (let i = 0; i < records.length; i += recordsPerPut) {
      await this.#stream.put(records.slice(i, i + recordsPerPut));
    }
  }
}
