import { DictionaryNumbers } from "./dictionary-numbers.ts";
import { grown, release } from "./grown.ts";
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
  readonly #trackNumbers = new DictionaryNumbers<SegmentTrack>((track, isNew) =>
    isNew ? this.#tracks.add(track) : this.#tracks.indexOf(track),
  );
  /** What `deltas` gives, once it was asked for. */
  #sorted: SortedPlays | undefined;

  /** @param isWanted whose plays are gathered. @default everybody's */
  constructor(isWanted?: (user: UserId) => boolean) {
    this.#listenerNumbers = new DictionaryNumbers((user, isNew) => {
      if (isWanted !== undefined && !isWanted(user)) return unwanted;
      return isNew ? this.#listeners.add(user) : this.#listeners.numberOf(user);
    });
  }

  /** How many listeners the segments name. */
  get size(): number {
    return this.#listeners.size;
  }

  /** @throws TypeError once the deltas were asked for */
  add({ facts, tracks, users }: SegmentContents): void {
    if (this.#sorted !== undefined)
      throw new TypeError("a fold whose deltas were asked for takes no more plays");
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
    this.#sorted ??= this.#sortPlays();
    const { users, columns, starts } = this.#sorted;
    for (const [rank, user] of users.entries()) {
      const userId = this.#listeners.names[user] as UserId;
      yield deltaOf(userId, { columns, from: starts[rank] ?? 0, to: starts[rank + 1] ?? 0 });
    }
  }

  /** A counting sort, after which the plays are nowhere else. */
  #sortPlays(): SortedPlays {
    const { names } = this.#listeners;
    const users = Int32Array.from(names.keys());
    users.sort((a, b) => ((names[a] as UserId) < (names[b] as UserId) ? -1 : 1));
    const ranks = new Uint32Array(users.length);
    for (let rank = 0; rank < users.length; rank++) ranks[users[rank] as number] = rank;
    const starts = new Uint32Array(users.length + 1);
    const rankAt = (row: number): number => ranks[this.#listener[row] as number] as number;
    for (let row = 0; row < this.#rows; row++) {
      const next = rankAt(row) + 1;
      starts[next] = (starts[next] as number) + 1;
    }
    for (let i = 1; i < starts.length; i++) starts[i] = (starts[i] as number) + (starts[i - 1] as number);
    const places = starts.slice();
    const columns = playColumns(this.#tracks.tracks, this.#rows);
    for (let row = 0; row < this.#rows; row++) {
      const rank = rankAt(row);
      const place = places[rank] as number;
      places[rank] = place + 1;
      columns.track[place] = this.#track[row] as number;
      columns.startedAt[place] = this.#startedAt[row] as number;
      columns.listenedMs[place] = this.#listenedMs[row] as number;
      columns.flags[place] = this.#flags[row] as number;
    }
    for (const column of [this.#listener, this.#track, this.#startedAt, this.#listenedMs, this.#flags])
      release(column);
    return { users, columns, starts };
  }

  #reserve(more: number): void {
    const needed = this.#rows + more;
    if (needed <= this.#listener.length) return;
    const length = Math.max(needed, this.#listener.length * 2);
    this.#listener = grown(this.#listener, length);
    this.#track = grown(this.#track, length);
    this.#startedAt = grown(this.#startedAt, length);
    this.#listenedMs = grown(this.#listenedMs, length);
    this.#flags = grown(this.#flags, length);
  }
}

/** The plays in the order of their listeners: those of `users[i]` are the rows from `starts[i]` up to `starts[i + 1]`. */
interface SortedPlays {
  /** Numbers of listeners, in the order of their ids. */
  readonly users: Int32Array;
  readonly columns: PlayColumns;
  readonly starts: Uint32Array;
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
  /** So many of the tracks are among the variants. */
  #indexed = 0;

  /** Of a track that is not looked up, until somebody looks for one. */
  add(track: SegmentTrack): number {
    return this.tracks.push(track) - 1;
  }

  indexOf(track: SegmentTrack): number {
    for (; this.#indexed < this.tracks.length; this.#indexed++) this.#addVariant(this.#indexed);
    const known = this.#variants.get(track.id)?.find((index) => isSameName(this.tracks[index], track));
    return known ?? this.add(track);
  }

  #addVariant(index: number): void {
    const { id } = this.tracks[index] as SegmentTrack;
    const variants = this.#variants.get(id);
    if (variants === undefined) this.#variants.set(id, [index]);
    else variants.push(index);
  }
}

const isSameName = (a: SegmentTrack | undefined, b: SegmentTrack): boolean =>
  a !== undefined && a.artist === b.artist && a.title === b.title;
