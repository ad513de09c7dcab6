import { DictionaryNumbers } from "./dictionary-numbers.ts";
import { Numbering } from "./numbering.ts";
import type { TrackId, UserId } from "./play.ts";
import { deltaOf, type PlayColumns, type ProfileDelta } from "./profile-plays.ts";
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
  readonly #listenerNumbers: DictionaryNumbers<UserId>;
  readonly #trackNumbers = new DictionaryNumbers<SegmentTrack>((track) => this.#tracks.indexOf(track));

  /** @param isWanted whose plays are gathered. @default everybody's */
  constructor(isWanted?: (user: UserId) => boolean) {
    this.#listenerNumbers = new DictionaryNumbers((user) =>
      isWanted === undefined || isWanted(user) ? this.#listeners.numberOf(user) : unwanted,
    );
  }

  /** How many listeners the segments name. */
  get size(): number {
    return this.#listeners.size;
  }

  add({ facts, tracks, users }: SegmentContents): void {
    const listeners = this.#listenerNumbers.of(users, facts.user);
    const trackNumbers = this.#trackNumbers.of(tracks, facts.track);
    this.#reserve(facts.user.length);
    for (let i = 0; i < facts.user.length; i++) {
      const listener = listeners[facts.user[i] as number] as number;
      if (listener === unwanted) continue;
      const row = this.#rows++;
      this.#listener[row] = listener;
      this.#track[row] = trackNumbers[facts.track[i] as number] as number;
      this.#startedAt[row] = facts.startedAt[i] as number;
      this.#listenedMs[row] = facts.listenedMs[i] as number;
      this.#flags[row] = facts.flags[i] as number;
    }
  }

  /** What the segments add to each profile. Neighbours in the order of ids are neighbours in a store. */
  *deltas(): IterableIterator<ProfileDelta> {
    const users = this.#listeners.names.toSorted();
    const { columns, starts } = this.#columnsInOrder(users);
    for (const [rank, userId] of users.entries()) {
      yield deltaOf(userId, { columns, from: starts[rank] ?? 0, to: starts[rank + 1] ?? 0 });
    }
  }

  /** A counting sort: the rows of `users[i]` are those from `starts[i]` up to `starts[i + 1]`. */
  #columnsInOrder(users: readonly UserId[]): { readonly columns: PlayColumns; readonly starts: Uint32Array } {
    const ranks = new Uint32Array(users.length);
    for (const [rank, user] of users.entries()) ranks[this.#listeners.numberOf(user)] = rank;
    const starts = new Uint32Array(users.length + 1);
    const rankAt = (row: number): number => ranks[this.#listener[row] ?? 0] ?? 0;
    for (let row = 0; row < this.#rows; row++) {
      const next = rankAt(row) + 1;
      starts[next] = (starts[next] ?? 0) + 1;
    }
    for (let i = 1; i < starts.length; i++) starts[i] = (starts[i] ?? 0) + (starts[i - 1] ?? 0);
    const places = starts.slice();
    const columns = playColumns(this.#tracks.tracks, this.#rows);
    for (let row = 0; row < this.#rows; row++) {
      const rank = rankAt(row);
      const place = places[rank] ?? 0;
      places[rank] = place + 1;
      columns.track[place] = this.#track[row] ?? 0;
      columns.startedAt[place] = this.#startedAt[row] ?? 0;
      columns.listenedMs[place] = this.#listenedMs[row] ?? 0;
      columns.flags[place] = this.#flags[row] ?? 0;
    }
    return { columns, starts };
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

const playColumns = (tracks: readonly SegmentTrack[], rows: number): PlayColumns => ({
  tracks,
  track: new Uint32Array(rows),
  startedAt: new Float64Array(rows),
  listenedMs: new Uint32Array(rows),
  flags: new Uint8Array(rows),
});

/** Tracks by index; one that comes with another artist or title is another track. */
class TrackDictionary {
  readonly tracks: SegmentTrack[] = [];
  readonly #variants = new Map<TrackId, number[]>();

  indexOf(track: SegmentTrack): number {
    const variants = this.#variants.get(track.id);
    const known = variants?.find((index) => isSameName(this.tracks[index], track));
    if (known !== undefined) return known;
    const index = this.tracks.push(track) - 1;
    if (variants === undefined) this.#variants.set(track.id, [index]);
    else variants.push(index);
    return index;
  }
}

const isSameName = (a: SegmentTrack | undefined, b: SegmentTrack): boolean =>
  a !== undefined && a.artist === b.artist && a.title === b.title;
