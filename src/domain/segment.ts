import type { ArtistName, EpochMs, EventId, Play, TrackId, UserId } from "./play.ts";
import type { Head, Position } from "./position.ts";

/** A track as a segment's facts name it. */
export interface SegmentTrack {
  readonly id: TrackId;
  readonly artist: ArtistName;
  /** Empty where the play carries none. */
  readonly title: string;
  readonly genre: string;
}

/** Bits of `Facts.flags`. */
export const factFlags = { qualified: 1, completed: 2, skipped: 4 } as const;

/**
 * What the plays of a segment say, one column a field and one index a play: everything that counting, profiles and
 * charts need. Names stand once in a dictionary; index 0 of `labels` means "none".
 */
export interface Facts {
  /** Index into `SegmentContents.users`. */
  readonly user: Uint32Array;
  /** Index into `SegmentContents.tracks`. */
  readonly track: Uint32Array;
  /** Epoch ms. */
  readonly startedAt: Float64Array;
  /** Epoch ms, never less than the play's before it. */
  readonly arrivedAt: Float64Array;
  readonly listenedMs: Uint32Array;
  readonly flags: Uint8Array;
  /** Hundredths of a star plus 1; 0 means none. */
  readonly rating: Uint16Array;
  /** At which tenth of the track the play ended (`tenthOf` in play.ts) plus 1; 0 where that is unknown. */
  readonly tenth: Uint8Array;
  /** Indexes into `SegmentContents.labels`. */
  readonly platform: Uint32Array;
  readonly mood: Uint32Array;
  readonly country: Uint32Array;
  /** The event id's 64-bit hash. */
  readonly idHi: Uint32Array;
  readonly idLo: Uint32Array;
}

/** A play in full. */
export interface SamplePlay {
  readonly play: Play;
  readonly arrivedAt: EpochMs;
}

/** The ids that arrived again. They are kept because a third arrival is a duplicate of the second. */
export interface DuplicateIds {
  readonly arrivedAt: Float64Array;
  readonly idHi: Uint32Array;
  readonly idLo: Uint32Array;
}

/** The plays that count only where nobody claimed their id before (I3): one index a marked play, in order. */
export interface MarkedPlays {
  /** Indexes into the columns of `Facts`, growing. */
  readonly play: readonly number[];
  readonly id: readonly EventId[];
}

/** A piece of a record, or of a line of a block, that is not a play. The reason comes with the first piece. */
export interface RejectChunk {
  readonly sequenceNumber: string;
  /** The record's entry at which the reject starts. */
  readonly entry: number;
  readonly chunk: number;
  readonly chunks: number;
  readonly arrivedAt: EpochMs;
  /** Empty but in chunk 0. */
  readonly reason: string;
  readonly raw: Uint8Array;
}

export interface SegmentContents {
  readonly tracks: readonly SegmentTrack[];
  readonly users: readonly UserId[];
  readonly labels: readonly string[];
  readonly facts: Facts;
  readonly marked: MarkedPlays;
  readonly duplicates: DuplicateIds;
  readonly rejects: readonly RejectChunk[];
  /** The last of the plays, in full and in their order, for the feed of recent plays. */
  readonly sample: readonly SamplePlay[];
}

/**
 * Everything one transaction of the consumer contributed (I1): immutable, and linked to the segment before it by
 * `previous`, so that a gap shows (I4).
 */
export interface Segment {
  /** Where this segment ends, with the shard's totals up to there. */
  readonly head: Head;
  /** Where the segment before it ends. */
  readonly previous: Position;
  /** When its consumer closed it, by that one's clock. */
  readonly writtenAt: EpochMs;
  /** `SegmentContents`, encoded by src/wire/segment-codec.ts. */
  readonly body: Uint8Array;
}
