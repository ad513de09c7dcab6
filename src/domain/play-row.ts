import { type Name, PlainName } from "./name.ts";
import type { EndReason, EpochMs, EventId, Play, UserId } from "./play.ts";
import type { SegmentTrack } from "./segment.ts";

/** What rows leave behind for the few plays of which more is wanted than a segment's facts. */
export interface PlaySource {
  /** The whole play at a row's place. */
  playAt(place: number): Play;
  eventIdAt(place: number): EventId;
}

/**
 * One valid play as a segment takes it (`SegmentBuilder.addRow`). A reader of a record has one row and fills it
 * again for each play, without an object or a string for what it has seen before: who keeps something of a row past the
 * reader's next step copies it. Whatever form the record has, the row of a play says the same as `rowOf` the play.
 */
export interface PlayRow {
  readonly user: Name<UserId>;
  readonly track: Name<SegmentTrack>;
  readonly startedAt: EpochMs;
  readonly msPlayed: number | undefined;
  readonly durationMs: number | undefined;
  readonly endReason: EndReason | undefined;
  /** 0 to 5. */
  readonly rating: number | undefined;
  readonly platform: Name<string> | undefined;
  readonly mood: Name<string> | undefined;
  readonly country: Name<string> | undefined;
  /** The event id's 64-bit hash (hash64.ts). */
  readonly idHi: number;
  readonly idLo: number;
  /** Whether the play says `dedupe: "always"` (I3). */
  readonly isMarked: boolean;
  /** Gives the play and its event id whenever they are asked for, for this row's `place`. */
  readonly source: PlaySource;
  readonly place: number;
}

/** A play as a row, which stays as it is. @param id the event id's 64-bit hash */
export function rowOf(play: Play, id: { readonly hi: number; readonly lo: number }): PlayRow {
  const { track } = play;
  return {
    user: new PlainName(play.userId),
    track: new PlainName({
      id: track.id,
      artist: track.artist,
      title: track.title ?? "",
      genre: track.genre ?? "",
    }),
    startedAt: play.startedAt,
    msPlayed: play.msPlayed,
    durationMs: track.durationMs,
    endReason: play.endReason,
    rating: play.rating,
    platform: nameOf(play.platform),
    mood: nameOf(play.mood),
    country: nameOf(play.geo?.country),
    idHi: id.hi,
    idLo: id.lo,
    isMarked: play.dedupe === "always",
    source: new WholePlay(play),
    place: 0,
  };
}

const nameOf = (text: string | undefined): Name<string> | undefined =>
  text === undefined ? undefined : new PlainName(text);

class WholePlay implements PlaySource {
  readonly #play: Play;

  constructor(play: Play) {
    this.#play = play;
  }

  playAt(): Play {
    return this.#play;
  }

  eventIdAt(): EventId {
    return this.#play.eventId;
  }
}
