import type { ByteStore } from "./byte-words.ts";
import type { EndReason, EpochMs, EventId, Play, UserId } from "./play.ts";
import type { SegmentTrack } from "./segment.ts";

/**
 * A name that a reader of records hands out again for every row that has it, the same object for the same value. The
 * dictionary of a segment leaves its index on it, so that a name it has seen costs no look-up
 * (name-dictionary.ts). Several readers and segments may share a name.
 */
export class Name<Value> {
  readonly value: Value;
  /** The dictionary that saw it last, and its index there. A number: a reference to what is young is dear in what is old. */
  dictionary = 0;
  index = 0;
  /** Where the reader keeps the value's texts packed (`packTexts`), if it does. */
  store: ByteStore | undefined = undefined;
  start = 0;

  constructor(value: Value) {
    this.value = value;
  }

  /** Its texts need not be encoded again for each segment. */
  keptIn(store: ByteStore, start: number): void {
    this.store = store;
    this.start = start;
  }
}

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
    user: new Name(play.userId),
    track: new Name({
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
  text === undefined ? undefined : new Name(text);

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
