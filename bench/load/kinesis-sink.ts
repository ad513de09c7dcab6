import { PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { openKinesis } from "#cli/play-sender.ts";
import type { StreamRecord } from "#src/ports/play-stream.ts";

export interface KinesisSinkOptions {
  /** The Kinesis API's address, or `aws` for what the SDK is configured for. */
  readonly endpoint: string;
  readonly stream: string;
  /** An answer that takes longer is given up, ms. */
  readonly timeoutMs: number;
}

/** Puts records as one request. */
export type PutOnce = (records: readonly StreamRecord[]) => Promise<void>;

/**
 * A stream that is asked once: neither what it throttles nor what it refuses is repeated, so that an error shows as one and not
 * as a delay.
 */
export async function openSink({ endpoint, stream, timeoutMs }: KinesisSinkOptions): Promise<PutOnce> {
  const client = await openKinesis(endpoint, { maxAttempts: 1 });
  return async (records) => {
    const command = new PutRecordsCommand({
      StreamName: stream,
      Records: records.map(({ partitionKey, data }) => ({ PartitionKey: partitionKey, Data: data })),
    });
    const { FailedRecordCount = 0, Records = [] } = await client.send(command, {
      abortSignal: AbortSignal.timeout(timeoutMs),
    });
    if (FailedRecordCount === 0) return;
    const code = Records.find(({ ErrorCode }) => ErrorCode !== undefined)?.ErrorCode;
    throw new Error(`${FailedRecordCount} of ${records.length} records were refused with ${code}`);
  };
}
