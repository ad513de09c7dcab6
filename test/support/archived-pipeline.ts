import { liveSnapshot } from "#functions/verify/live-snapshot.ts";
import type { StoreSnapshot } from "#functions/verify/store-snapshot.ts";
import { type VerifyOptions, verify } from "#functions/verify/verification.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { MemoryArchive } from "#src/adapters/memory/memory-archive.ts";
import type { ArchivedRecord } from "#src/domain/archive.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { Verification } from "#src/domain/verification.ts";
import { kinesisEvent, memoryStores, Pipeline, type PipelineOptions, shardKey } from "./pipeline.ts";

/** A record of one shard: what was put, and when it arrived. */
export interface ShardRecord {
  readonly shard: number;
  readonly data: string | Uint8Array;
  /** Epoch ms. */
  readonly arrivedAt: number;
}

/** The real handlers over memory adapters, with an archive of what they consumed. */
export class ArchivedPipeline {
  readonly stores = memoryStores();
  readonly archive = new MemoryArchive();
  /** Epoch ms. */
  now = 0;
  readonly pipeline: Pipeline;
  readonly #consume: ReturnType<Pipeline["container"]>;
  #sequence = 0;

  constructor(options: Omit<PipelineOptions, "stores" | "now"> = {}) {
    this.pipeline = new Pipeline({ ...options, stores: this.stores, now: () => this.now });
    this.#consume = this.pipeline.container();
  }

  /** Consumes and archives records, a batch a record, in their order. */
  async put(...records: readonly ShardRecord[]): Promise<void> {
    for (const { shard, data, arrivedAt } of records) {
      this.#sequence += 1;
      this.now = Math.max(this.now, arrivedAt);
      const record = { sequenceNumber: String(this.#sequence), data, arrivedAt };
      await this.#consume(kinesisEvent([record], shard));
      await this.archive.write([archived(shard, record)]);
    }
  }

  async snapshot(): Promise<StoreSnapshot> {
    const snapshot = await liveSnapshot(this.stores);
    if (snapshot === undefined) throw new Error("an epoch is open");
    return snapshot;
  }

  async verify(options: VerifyOptions = {}, overrides: Partial<StoreSnapshot> = {}): Promise<Verification> {
    const snapshot = { ...(await this.snapshot()), ...overrides };
    const clock = () => this.now as EpochMs;
    return await verify({ archive: this.archive, snapshot, clock, ...nodeRecordCodec }, options);
  }
}

const archived = (
  shard: number,
  {
    sequenceNumber,
    data,
    arrivedAt,
  }: { sequenceNumber: string; data: string | Uint8Array; arrivedAt: number },
): ArchivedRecord => ({
  shard: shardKey(shard),
  sequenceNumber,
  arrivedAt: arrivedAt as EpochMs,
  partitionKey: "p",
  data: new Uint8Array(Buffer.from(data)),
});

/** The kinds that drifted, with how much. */
export const driftByKind = ({ kinds }: Verification): Readonly<Record<string, number>> =>
  Object.fromEntries(kinds.filter(({ drift }) => drift > 0).map(({ kind, drift }) => [kind, drift]));
