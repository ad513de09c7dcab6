import { deployedDefaults } from "./deployed-defaults.ts";
import { gb, hourSeconds, kb, million, prices, unitsOf } from "./prices.ts";

/** How plays come as records. */
export interface RecordLoad {
  /** Plays a second. */
  readonly rate: number;
  readonly playsPerRecord: number;
  /** Mean size of a record, bytes. */
  readonly recordBytes: number;
}

/** What a shard takes in a second: https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
const shardRecords = 1000;
const shardBytes = 1024 * 1024;
const putUnitBytes = 25 * kb;
/** A provisioned stream is planned with a fifth to spare. */
const fullest = 0.8;
/** An on-demand stream starts with so many shards, and has room for twice its peak. */
const onDemandShards = 4;
const onDemandRoom = 2;
const daysPerMonth = 30;

const neededShards = ({ rate, playsPerRecord, recordBytes }: RecordLoad): number => {
  const records = rate / playsPerRecord;
  return Math.max(records / shardRecords, (records * recordBytes) / shardBytes);
};

export const provisionedShards = (load: RecordLoad): number =>
  Math.max(1, Math.ceil(neededShards(load) / fullest));

export const onDemandShardsOf = (load: RecordLoad): number =>
  Math.max(onDemandShards, Math.ceil(neededShards(load) * onDemandRoom));

/** Dollars for a million plays through a provisioned stream. */
export function provisionedDollars(load: RecordLoad): number {
  const units = (million / load.playsPerRecord) * unitsOf(load.recordBytes, putUnitBytes);
  const shardHours = provisionedShards(load) * hoursOf(load);
  const perShardHour = prices.kinesisShardHour.dollars + prices.kinesisRetainedShardHour.dollars;
  return (units / million) * prices.kinesisPutUnits.dollars + shardHours * perShardHour;
}

/** Dollars for a million plays through an on-demand stream, which rounds every record up to 1 KB. */
export function onDemandDollars(load: RecordLoad): number {
  const records = million / load.playsPerRecord;
  const gbIn = (records * unitsOf(load.recordBytes, kb) * kb) / gb;
  const gbOut = (records * load.recordBytes) / gb;
  const gbMonths = (gbIn * (deployedDefaults.streamRetentionDays - 1)) / daysPerMonth;
  return (
    hoursOf(load) * prices.kinesisStreamHour.dollars +
    gbIn * prices.kinesisGbIn.dollars +
    gbOut * prices.kinesisGbOut.dollars +
    gbMonths * prices.kinesisRetainedGbMonth.dollars
  );
}

/** How long a million plays take, h. */
const hoursOf = ({ rate }: RecordLoad): number => million / rate / hourSeconds;
