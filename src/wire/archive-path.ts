import type { ArchiveObject, ArchiveRange } from "../domain/archive.ts";
import type { EpochMs } from "../domain/play.ts";
import type { ShardKey } from "../domain/position.ts";
import { hourMs } from "../domain/windows.ts";
import { formatIsoTime, parseIsoTime } from "./iso-time.ts";

/** Names sort as sequence numbers do. */
const sequenceDigits = 64;
const suffix = ".ndjson.gz";

const form = /^(\d{4})\/(\d\d)\/(\d\d)\/(\d\d)\/([^/]+\/[^/]+)\/(\d{64})(?:-\d{64})?\.ndjson\.gz$/;

/** The hour in which a moment lies; both epoch ms. */
export const hourOf = (time: EpochMs): EpochMs => (time - (time % hourMs)) as EpochMs;

/** `2026/11/21/09`, the folder of an hour of arrival, in UTC. */
export const hourPath = (hour: EpochMs): string => formatIsoTime(hour).slice(0, 13).replace(/[-T]/g, "/");

/** Where an archive keeps records: the hour, the shard, and the first and, where it is known, the last sequence number. */
export function archivePath(object: Omit<ArchiveObject, "path">, last?: string): string {
  const range = [object.first, ...(last === undefined ? [] : [last])];
  const name = range.map((number) => number.padStart(sequenceDigits, "0")).join("-");
  return `${hourPath(object.hour)}/${object.shard}/${name}${suffix}`;
}

/** What a path says of its object; undefined where it is none of an archive's. */
export function parseArchivePath(path: string): ArchiveObject | undefined {
  const [, year, month, day, hour, shard, first] = form.exec(path) ?? [];
  const start = parseIsoTime(`${year}-${month}-${day}T${hour}:00Z`);
  if (start === undefined || shard === undefined || first === undefined) return undefined;
  return {
    shard: shard as ShardKey,
    hour: start as EpochMs,
    first: first.replace(/^0+(?=\d)/, ""),
    path,
  };
}

/** Whether an hour belongs to a range. */
export const isInRange = (hour: EpochMs, { from, to }: ArchiveRange): boolean =>
  (from === undefined || hour + hourMs > from) && (to === undefined || hour < to);
