import type { KinesisStreamEvent, KinesisStreamRecord } from "aws-lambda";
import { excessOf } from "#src/domain/excess.ts";
import type { EpochMs } from "#src/domain/play.ts";
import {
  addCounts,
  entriesBefore,
  type Head,
  noCounts,
  origin,
  type ShardCounts,
  type ShardKey,
} from "#src/domain/position.ts";
import { SegmentMemory } from "#src/domain/segment-builder.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { Logger } from "#src/ports/logger.ts";
import type { Metrics } from "#src/ports/metrics.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import type { ShardLineage } from "#src/ports/shard-lineage.ts";
import { type PlayScanner, type RecordCodec, readRecord } from "#src/wire/play-record.ts";
import { JsonPlayScanner } from "#src/wire/play-scanner.ts";
import type { ArrivedRecord } from "#src/wire/record-entries.ts";
import { shardKeyOf } from "#src/wire/shard-key.ts";
import { PendingSegment } from "./pending-segment.ts";
import { ShardIdCache, type ShardIds } from "./shard-ids.ts";

export interface ConsumeDeps {
  readonly segments: SegmentStore;
  readonly lineage: ShardLineage;
  readonly codec: RecordCodec;
  readonly decodeBase64: (text: string) => Uint8Array;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** How far apart two arrivals of one event id may be and still be one play, ms. */
  readonly dedupeHorizonMs: number;
  /** How long segments live after they were written, ms. */
  readonly segmentRetentionMs: number;
}

/**
 * Consumes one batch of one shard: decode, dedupe, and append it to the shard's segments exactly once (I1-I3), whatever
 * the service repeats, cuts differently or runs twice. A failing store throws, and the batch comes again.
 */
export function createConsumeHandler(deps: ConsumeDeps): (event: KinesisStreamEvent) => Promise<void> {
  const scanner = new JsonPlayScanner();
  const cache = new ShardIdCache(deps.segments, deps.lineage, deps.dedupeHorizonMs);
  return async (event) => {
    const startedAt = deps.clock();
    let counts = noCounts;
    // A batch holds one shard's records in practice; the order within each shard is kept in any case.
    for (const [shard, records] of Map.groupBy(event.Records, shardKeyOf)) {
      counts = addCounts(counts, await consumeShard(deps, scanner, cache, shard, records));
    }
    deps.metrics.record("Plays", counts.plays);
    deps.metrics.record("Duplicates", counts.duplicates);
    deps.metrics.record("Rejects", counts.rejects);
    const entries = counts.plays + counts.duplicates + counts.rejects;
    deps.metrics.record("RejectExcess", excessOf(counts.rejects, entries, toleratedRejects));
    deps.metrics.record("ConsumeTime", deps.clock() - startedAt, "Milliseconds");
  };
}

/** The share of rejects that is no reason for an alarm. */
const toleratedRejects = 0.05;

/** Returns what this call added to the shard's totals. */
async function consumeShard(
  deps: ConsumeDeps,
  scanner: PlayScanner,
  cache: ShardIdCache,
  shard: ShardKey,
  records: readonly KinesisStreamRecord[],
): Promise<ShardCounts> {
  let added = noCounts;
  for (;;) {
    const head = await deps.segments.readHead(shard);
    const known = await cache.take(shard, head);
    const start = head ?? { shard, position: origin, counts: noCounts, arrivedAt: known.arrivedAt };
    const batch = new ShardBatch(deps, scanner, known, start);
    const outcome = await batch.append(records).finally(() => {
      // A play whose segment was not committed must not pass for a duplicate when it comes again (I2).
      if (known.ids.takeBack()) cache.giveBack(shard, known);
    });
    added = addCounts(added, batch.added);
    if (outcome === "done") return added;
    deps.logger.info("another container moved the head", { shard });
  }
}

/** The way of one batch into segments, until it is through or somebody else moved the head. */
class ShardBatch {
  readonly #deps: ConsumeDeps;
  readonly #scanner: PlayScanner;
  readonly #known: ShardIds;
  /** Where the shard is once everything up to now is committed. */
  #head: Head;
  readonly #memory = new SegmentMemory();
  #pending: PendingSegment;
  added: ShardCounts = noCounts;

  constructor(deps: ConsumeDeps, scanner: PlayScanner, known: ShardIds, head: Head) {
    this.#deps = deps;
    this.#scanner = scanner;
    this.#known = known;
    this.#head = head;
    known.ids.begin();
    this.#pending = new PendingSegment(head, known.ids, this.#memory);
  }

  async append(records: readonly KinesisStreamRecord[]): Promise<"done" | "conflict"> {
    const start = this.#head.position;
    let { arrivedAt } = this.#head;
    for (const { kinesis } of records) {
      const done = entriesBefore(start, kinesis.sequenceNumber);
      if (done === Number.POSITIVE_INFINITY) continue;
      // A shard's clock may step back; what counts never does, so that horizons hold (I2).
      arrivedAt = Math.max(arrivedAt, Math.round(kinesis.approximateArrivalTimestamp * 1000)) as EpochMs;
      const record = {
        sequenceNumber: kinesis.sequenceNumber,
        data: this.#deps.decodeBase64(kinesis.data),
        arrivedAt,
      };
      if ((await this.#appendEntries(record, done)) === "conflict") return "conflict";
    }
    return this.#commit();
  }

  /** Appends the entries of a record after the first `done`. */
  async #appendEntries(record: ArrivedRecord, done: number): Promise<"done" | "conflict"> {
    const entries = readRecord(record, this.#deps.codec, this.#scanner);
    for (let i = 1; ; i++) {
      // Before the next entry is read: a row holds only until somebody else reads.
      if (this.#pending.isFull && (await this.#commit()) === "conflict") return "conflict";
      const kind = entries.next();
      if (kind === undefined) return "done";
      if (i <= done) continue;
      this.#pending.moveTo(record.sequenceNumber, i, record.arrivedAt);
      if (kind === "play") this.#pending.addPlay(entries.row);
      else this.#pending.addReject(entries.chunk);
    }
  }

  async #commit(): Promise<"done" | "conflict"> {
    if (this.#pending.isEmpty) return "done";
    const writtenAt = this.#deps.clock();
    const segment = this.#pending.finish(writtenAt);
    const { head } = segment;
    // From now, not from the arrival: after a long outage, or in a replay, a segment would be born expired.
    const expiresAt = (Math.max(writtenAt, head.arrivedAt) + this.#deps.segmentRetentionMs) as EpochMs;
    if ((await this.#deps.segments.append(segment, expiresAt)) === "conflict") return "conflict";
    this.#known.ids.begin();
    this.#known.position = head.position;
    this.#known.arrivedAt = head.arrivedAt;
    this.#head = head;
    this.added = addCounts(this.added, this.#pending.counts);
    this.#log(head);
    this.#pending = new PendingSegment(head, this.#known.ids, this.#memory);
    return "done";
  }

  #log({ shard, position }: Head): void {
    const { counts, plays } = this.#pending;
    const fields = { shard, position, ...counts, ...plays };
    if (counts.rejects > 0) this.#deps.logger.warn("records were rejected", fields);
    else this.#deps.logger.info("segment appended", fields);
  }
}
