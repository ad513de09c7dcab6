import { Numbering } from "./numbering.ts";
import type { EpochMs, TrackId, UserId } from "./play.ts";
import type { RecentPlay } from "./profile.ts";
import { deltaOf, type ProfileDelta } from "./profile-plays.ts";
import type { SegmentContents, SegmentTrack } from "./segment.ts";

const firstRows = 4096;
const unwanted = -1;

/**
 * Gathers the facts of any number of segments into one profile delta per listener. Order is immaterial.
 *
 * Until they are asked for, facts are rows of 21 bytes: sets and lists for each of 100,000 listeners at once took ten
 * times the memory.
 */
export class ListenerFold {
  readonly #listeners = new Numbering<UserId>();
  readonly #tracks = new TrackDictionary();
  #listener = new Uint32Array(firstRows);
  #track = new Uint32Array(firstRows);
  #startedAt = new Float64Array(firstRows);
  #listenedMs = new Uint32Array(firstRows);
  #flags = new Uint8Array(firstRows);
  #rows = 0;
  readonly #isWanted: ((user: UserId) => boolean) | undefined;

  /** @param isWanted whose plays are gathered. @default everybody's */
  constructor(isWanted?: (user: UserId) => boolean) {
    this.#isWanted = isWanted;
  }

  /** How many listeners the segments name. */
  get size(): number {
    return this.#listeners.size;
  }

  add({ facts, tracks, users }: SegmentContents): void {
    const isWanted = this.#isWanted;
    const listeners = users.map((user) =>
      isWanted === undefined || isWanted(user) ? this.#listeners.numberOf(user) : unwanted,
    );
    const trackIndexes = tracks.map((track) => this.#tracks.indexOf(track));
    this.#reserve(facts.user.length);
    for (let i = 0; i < facts.user.length; i++) {
      const listener = listeners[facts.user[i] ?? 0] ?? 0;
      if (listener === unwanted) continue;
      const row = this.#rows++;
      this.#listener[row] = listener;
      this.#track[row] = trackIndexes[facts.track[i] ?? 0] ?? 0;
      this.#startedAt[row] = facts.startedAt[i] ?? 0;
      this.#listenedMs[row] = facts.listenedMs[i] ?? 0;
      this.#flags[row] = facts.flags[i] ?? 0;
    }
  }

  /** What the segments add to each profile. Neighbours in the order of ids are neighbours in a store. */
  *deltas(): IterableIterator<ProfileDelta> {
    const { rows, starts } = this.#rowsByListener();
    for (const userId of this.#listeners.names.toSorted()) {
      const listener = this.#listeners.numberOf(userId);
      const own = rows.subarray(starts[listener], starts[listener + 1]);
      yield deltaOf(
        userId,
        Array.from(own, (row) => this.#playAt(row)),
      );
    }
  }

  #playAt(row: number): RecentPlay {
    const { id: trackId, artist, title } = this.#tracks.at(this.#track[row] ?? 0);
    return {
      trackId,
      artist,
      title,
      startedAt: (this.#startedAt[row] ?? 0) as EpochMs,
      listenedMs: this.#listenedMs[row] ?? 0,
      flags: this.#flags[row] ?? 0,
    };
  }

  /** A counting sort: the rows of listener `i` are `rows` from `starts[i]` up to `starts[i + 1]`. */
  #rowsByListener(): { readonly rows: Uint32Array; readonly starts: Uint32Array } {
    const starts = new Uint32Array(this.#listeners.size + 1);
    const owners = this.#listener.subarray(0, this.#rows);
    for (const owner of owners) starts[owner + 1] = (starts[owner + 1] ?? 0) + 1;
    for (let i = 1; i < starts.length; i++) starts[i] = (starts[i] ?? 0) + (starts[i - 1] ?? 0);
    const next = starts.slice();
    const rows = new Uint32Array(this.#rows);
    for (const [row, owner] of owners.entries()) {
      const at = next[owner] ?? 0;
      rows[at] = row;
      next[owner] = at + 1;
    }
    return { rows, starts };
  }

  #reserve(more: number): void {
    const needed = this.#rows + more;
    if (needed <= this.#listener.length) return;
    const length = Math.max(needed, this.#listener.length * 2);
    this.#listener = grown(this.#listener, new Uint32Array(length));
    this.#track = grown(this.#track, new Uint32Array(length));
    this.#startedAt = grown(this.#startedAt, new Float64Array(length));
    this.#listenedMs = grown(this.#listenedMs, new Uint32Array(length));
    this.#flags = grown(this.#flags, new Uint8Array(length));
  }
}

function grown<Column extends { set(from: Column): void }>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}

/** Tracks by index; one that comes with another artist or title is another track. */
class TrackDictionary {
  readonly #tracks: SegmentTrack[] = [];
  readonly #variants = new Map<TrackId, number[]>();

  at(index: number): SegmentTrack {
    const track = this.#tracks[index];
    if (track === undefined) throw new RangeError(`no track has the index ${index}`);
    return track;
  }

  indexOf(track: SegmentTrack): number {
    const variants = this.#variants.get(track.id);
    const known = variants?.find((index) => isSameName(this.#tracks[index], track));
    if (known !== undefined) return known;
    const index = this.#tracks.push(track) - 1;
    if (variants === undefined) this.#variants.set(track.id, [index]);
    else variants.push(index);
    return index;
  }
}

const isSameName = (a: SegmentTrack | undefined, b: SegmentTrack): boolean =>
  a !== undefined && a.artist === b.artist && a.title === b.title;
