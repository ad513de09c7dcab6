import { hash64 } from "#src/domain/hash64.ts";
import type { ArtistName, EpochMs, TrackId } from "#src/domain/play.ts";
import type { Head, ShardKey } from "#src/domain/position.ts";
import { type DuplicateIds, factFlags, type Segment, type SegmentContents } from "#src/domain/segment.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import { decodeSegment } from "#src/wire/segment-codec.ts";

/** What a counted play says, as far as it is nobody's business whose it is. */
export interface CountedPlay {
  readonly track: TrackId;
  readonly artist: ArtistName;
  readonly startedAt: EpochMs;
  /** Whether charts count it. */
  readonly qualified: boolean;
}

/** One arrival of an event id at the stream, and the segment that it is in. */
export interface Arrival {
  readonly arrivedAt: EpochMs;
  readonly segment: Pick<Segment, "head" | "previous" | "writtenAt">;
  /** A play (a marked one may be a repeat), the same id again within the dedupe horizon, or a reject that carries the id. */
  readonly outcome:
    | { readonly kind: "counted"; readonly play: CountedPlay; readonly isMarked: boolean }
    | { readonly kind: "duplicate" }
    | { readonly kind: "reject"; readonly reason: string; readonly sequenceNumber: string };
  /** Whether the id itself was seen, and not only its 64-bit hash. */
  readonly isConfirmed: boolean;
}

export interface EventSearch {
  /** In order of arrival. */
  readonly arrivals: readonly Arrival[];
  /** The shards with something in the window, and how many of their segments were read. */
  readonly shards: readonly { readonly shard: ShardKey; readonly segments: number }[];
}

/** Looks through the segments of every shard, newest first, for arrivals of `eventId` at or after `since`. */
export async function findEvent(
  segments: Pick<SegmentStore, "readHeads" | "readBack">,
  eventId: string,
  since: EpochMs,
): Promise<EventSearch> {
  const live = (await segments.readHeads()).filter((head) => head.arrivedAt >= since);
  const found = await Promise.all(live.map((head) => searchShard(segments, head, eventId, since)));
  const arrivals = found.flatMap((shard) => shard.arrivals).sort((a, b) => a.arrivedAt - b.arrivedAt);
  return { arrivals, shards: found.map(({ shard, segments: read }) => ({ shard, segments: read })) };
}

async function searchShard(
  store: Pick<SegmentStore, "readBack">,
  { shard, position }: Head,
  eventId: string,
  since: EpochMs,
): Promise<{ shard: ShardKey; segments: number; arrivals: Arrival[] }> {
  const arrivals: Arrival[] = [];
  let segments = 0;
  for await (const segment of store.readBack(shard, position)) {
    // Arrivals never go back in a shard, and a head has the latest of its segment.
    if (segment.head.arrivedAt < since) break;
    segments += 1;
    arrivals.push(...arrivalsIn(segment, decodeSegment(segment.body), eventId));
  }
  return { shard, segments, arrivals: arrivals.filter(({ arrivedAt }) => arrivedAt >= since) };
}

/** The arrivals of an event id in one segment. */
export function arrivalsIn(
  { head, previous, writtenAt }: Segment,
  contents: SegmentContents,
  eventId: string,
): readonly Arrival[] {
  const segment = { head, previous, writtenAt };
  return [
    ...countedIn(contents, eventId).map((found) => ({ ...found, segment })),
    ...duplicatesIn(contents, eventId).map((found) => ({ ...found, segment })),
    ...rejectsIn(contents, eventId).map((found) => ({ ...found, segment })),
  ];
}

type Found = Omit<Arrival, "segment">;

function countedIn({ facts, tracks, sample, marked }: SegmentContents, eventId: string): readonly Found[] {
  const isInSample = sample.some(({ play }) => play.eventId === eventId);
  const markedIds = new Map(marked.play.map((play, i) => [play, marked.id[i]]));
  return rowsOf(facts, eventId).flatMap((row) => {
    const track = tracks[facts.track[row] ?? 0];
    if (track === undefined) return [];
    const markedId = markedIds.get(row);
    const isMarked = markedId !== undefined;
    if (isMarked && markedId !== eventId) return []; // another id of the same hash
    const play: CountedPlay = {
      track: track.id,
      artist: track.artist,
      startedAt: (facts.startedAt[row] ?? 0) as EpochMs,
      qualified: ((facts.flags[row] ?? 0) & factFlags.qualified) !== 0,
    };
    const outcome = { kind: "counted" as const, play, isMarked };
    return [{ arrivedAt: arrivalOf(facts, row), outcome, isConfirmed: isMarked || isInSample }];
  });
}

function duplicatesIn({ duplicates }: SegmentContents, eventId: string): readonly Found[] {
  return rowsOf(duplicates, eventId).map((row) => ({
    arrivedAt: arrivalOf(duplicates, row),
    outcome: { kind: "duplicate" as const },
    isConfirmed: false,
  }));
}

/** A reject has no id; its first piece may show one. */
function rejectsIn({ rejects }: SegmentContents, eventId: string): readonly Found[] {
  const needle = `"${eventId}"`;
  return rejects
    .filter(({ chunk, raw }) => chunk === 0 && Buffer.from(raw).includes(needle))
    .map(({ arrivedAt, reason, sequenceNumber }) => ({
      arrivedAt,
      outcome: { kind: "reject" as const, reason: withoutValue(reason), sequenceNumber },
      isConfirmed: true,
    }));
}

/** A reason names the field, what was expected, and the value: a listener's, which is left out. */
const withoutValue = (reason: string): string => reason.replace(/, got ".*$/s, "");

function rowsOf({ idHi, idLo }: DuplicateIds, eventId: string): readonly number[] {
  const { hi, lo } = hash64(eventId, { hi: 0, lo: 0 });
  const rows: number[] = [];
  for (let row = 0; row < idHi.length; row++) if (idHi[row] === hi && idLo[row] === lo) rows.push(row);
  return rows;
}

const arrivalOf = ({ arrivedAt }: DuplicateIds, row: number): EpochMs => (arrivedAt[row] ?? 0) as EpochMs;
