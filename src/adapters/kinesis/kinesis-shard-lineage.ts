import { type KinesisClient, ListShardsCommand, type Shard } from "@aws-sdk/client-kinesis";
import { StoreError } from "#src/domain/errors.ts";
import type { ShardKey } from "#src/domain/position.ts";
import type { ShardLineage } from "#src/ports/shard-lineage.ts";

/** Where shards come from, as the stream itself tells. */
export class KinesisShardLineage implements ShardLineage {
  readonly #client: KinesisClient;

  constructor(client: KinesisClient) {
    this.#client = client;
  }

  /** Breadth first. An ancestor that the stream no longer lists is still named by its children, and ends its line. */
  async ancestors(shard: ShardKey): Promise<readonly ShardKey[]> {
    const slash = shard.lastIndexOf("/");
    const [streamName, shardId] = [shard.slice(0, slash), shard.slice(slash + 1)];
    const parents = await this.#parents(streamName);
    const line = new Set([shardId]);
    // A set yields what is added to it while it is walked.
    for (const id of line) for (const parent of parents.get(id) ?? []) line.add(parent);
    line.delete(shardId);
    return [...line].map((id) => `${streamName}/${id}` as ShardKey);
  }

  /** The parents of each shard of a stream. */
  async #parents(streamName: string): Promise<ReadonlyMap<string, readonly string[]>> {
    const parents = new Map<string, readonly string[]>();
    for await (const { ShardId, ParentShardId, AdjacentParentShardId } of this.#shards(streamName)) {
      const known = [ParentShardId, AdjacentParentShardId].filter((id) => id !== undefined);
      if (ShardId !== undefined) parents.set(ShardId, known);
    }
    return parents;
  }

  /** A further page is asked for by its token alone: the service refuses a stream name beside it. */
  async *#shards(streamName: string): AsyncIterable<Shard> {
    let nextToken: string | undefined;
    do {
      const page = await this.#page(
        nextToken === undefined ? { StreamName: streamName } : { NextToken: nextToken },
      );
      yield* page.Shards ?? [];
      nextToken = page.NextToken;
    } while (nextToken !== undefined);
  }

  async #page(input: { StreamName: string } | { NextToken: string }) {
    try {
      return await this.#client.send(new ListShardsCommand(input));
    } catch (cause) {
      const what = "StreamName" in input ? `stream ${input.StreamName}` : "a stream";
      const reason = cause instanceof Error ? cause.name : String(cause);
      throw new StoreError(`${what}: ListShards failed with ${reason}`, { cause });
    }
  }
}
