import type { ShardKey } from "../domain/position.ts";

/** What a record of the event source mapping says of where it comes from. */
interface RecordOrigin {
  /** `arn:aws:kinesis:...:stream/plays` */
  readonly eventSourceARN: string;
  /** `shardId-000000000000:4954...` */
  readonly eventID: string;
}

/** `plays/shardId-000000000000`: the stream's name, as shards of several streams may meet in one store, and the shard's id. */
export function shardKeyOf({ eventSourceARN, eventID }: RecordOrigin): ShardKey {
  const stream = eventSourceARN.split("/")[1] ?? eventSourceARN;
  return `${stream}/${eventID.slice(0, eventID.indexOf(":"))}` as ShardKey;
}
