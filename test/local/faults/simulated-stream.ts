import type { KinesisStreamEvent } from "aws-lambda";
import type { ShardKey } from "#src/domain/position.ts";
import { kinesisEvent, type PutRecord, shardKey } from "#test/support/pipeline.ts";
import type { BuiltRecord, Entry } from "./records.ts";

/** A record in a shard, with what a consumer should find in it. */
export interface ArrivedRecord extends PutRecord {
  readonly entries: readonly Entry[];
}

export interface SimulatedShard {
  readonly index: number;
  readonly key: ShardKey;
  /** What is put under these partition keys comes here. */
  readonly buckets: readonly number[];
  readonly parents: readonly SimulatedShard[];
  readonly records: ArrivedRecord[];
  /** How many records the mapping takes for consumed. */
  checkpoint: number;
  isOpen: boolean;
}

/** What was put, and where it came. */
export interface PutInto {
  readonly shard: SimulatedShard;
  readonly record: ArrivedRecord;
}

/** How a 56-digit sequence number starts. */
const longPrefix = "49590338271490256608559692538361571095921575";

/** Shards as Kinesis has them: they split and merge, and a child is read when its parents are. */
export class SimulatedStream {
  readonly shards: SimulatedShard[] = [];
  readonly #isLong: boolean;
  #sequence = 95;

  constructor(shards: number, buckets: number, isLong: boolean) {
    this.#isLong = isLong;
    const all = Array.from({ length: buckets }, (_, bucket) => bucket);
    for (let i = 0; i < shards; i++) {
      this.#open(
        all.filter((bucket) => Math.floor((bucket * shards) / buckets) === i),
        [],
      );
    }
  }

  /** @param arrivedAt epoch ms; a shard's clock may step back */
  put({ bucket, data, entries }: BuiltRecord, arrivedAt: number): PutInto {
    const shard = this.shards.find((each) => each.isOpen && each.buckets.includes(bucket));
    this.#sequence += 1;
    const digits = String(this.#sequence);
    const sequenceNumber = this.#isLong ? `${longPrefix}${digits.padStart(12, "0")}` : digits;
    if (shard === undefined) throw new Error(`no shard takes bucket ${bucket}`);
    const record = { sequenceNumber, data, arrivedAt, entries };
    shard.records.push(record);
    return { shard, record };
  }

  /** Splits the n-th of the shards that can be. Returns whether there is one. */
  split(n: number): boolean {
    const wide = this.shards.filter((shard) => shard.isOpen && shard.buckets.length > 1);
    const shard = wide[n % wide.length];
    if (shard === undefined) return false;
    const half = Math.ceil(shard.buckets.length / 2);
    shard.isOpen = false;
    this.#open(shard.buckets.slice(0, half), [shard]);
    this.#open(shard.buckets.slice(half), [shard]);
    return true;
  }

  /** Merges the n-th open shard with the one beside it. Returns whether there is one. */
  merge(n: number): boolean {
    const open = this.shards
      .filter((shard) => shard.isOpen)
      .sort((a, b) => (a.buckets[0] ?? 0) - (b.buckets[0] ?? 0));
    const left = n % Math.max(1, open.length - 1);
    const [a, b] = open.slice(left, left + 2);
    if (a === undefined || b === undefined) return false;
    a.isOpen = false;
    b.isOpen = false;
    this.#open([...a.buckets, ...b.buckets], [a, b]);
    return true;
  }

  /** The shards that the mapping reads: those whose parents it has read. */
  get readable(): readonly SimulatedShard[] {
    return this.shards.filter(({ parents }) => parents.every(isConsumed));
  }

  get isConsumed(): boolean {
    return this.shards.every(isConsumed);
  }

  /** Parents before grandparents. */
  ancestors(key: ShardKey): readonly ShardKey[] {
    const found: SimulatedShard[] = [];
    let generation = this.shards.find((shard) => shard.key === key)?.parents ?? [];
    while (generation.length > 0) {
      found.push(...generation.filter((shard) => !found.includes(shard)));
      generation = generation.flatMap(({ parents }) => parents);
    }
    return found.map((shard) => shard.key);
  }

  #open(buckets: readonly number[], parents: readonly SimulatedShard[]): void {
    const index = this.shards.length;
    const key = shardKey(index);
    this.shards.push({ index, key, buckets, parents, records: [], checkpoint: 0, isOpen: true });
  }
}

export const eventOf = (shard: SimulatedShard, start: number, end: number): KinesisStreamEvent =>
  kinesisEvent(shard.records.slice(start, end), shard.index);

/** An empty shard between two generations ends when its parents do. */
const isConsumed = ({ checkpoint, records, parents }: SimulatedShard): boolean =>
  checkpoint === records.length && parents.every(isConsumed);
