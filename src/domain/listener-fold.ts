import type { ArtistName, EpochMs, TrackId, UserId } from "./play.ts";
import { compareRecent, type Profile, type RecentPlay, recentPlays } from "./profile.ts";
import { factFlags, type SegmentContents, type SegmentTrack } from "./segment.ts";

/** Gathers the facts of any number of segments into one profile delta per listener. Order is immaterial. */
export class ListenerFold {
  readonly #listeners = new Map<UserId, Listener>();

  /** How many listeners the segments name. */
  get size(): number {
    return this.#listeners.size;
  }

  add(contents: SegmentContents): void {
    const { facts, tracks, users } = contents;
    const listeners = users.map((user) => this.#listenerOf(user));
    for (let i = 0; i < facts.user.length; i++) {
      const track = tracks[facts.track[i] ?? 0];
      if (track === undefined) continue;
      listeners[facts.user[i] ?? 0]?.add(
        track,
        (facts.startedAt[i] ?? 0) as EpochMs,
        facts.listenedMs[i] ?? 0,
        facts.flags[i] ?? 0,
      );
    }
  }

  /** What these segments add to each profile. Neighbours in the order of ids are neighbours in a store. */
  deltas(): readonly Profile[] {
    const listeners = [...this.#listeners.values()].sort((a, b) => (a.userId < b.userId ? -1 : 1));
    for (const listener of listeners) listener.trim(0);
    return listeners;
  }

  #listenerOf(userId: UserId): Listener {
    let listener = this.#listeners.get(userId);
    if (listener === undefined) {
      listener = new Listener(userId);
      this.#listeners.set(userId, listener);
    }
    return listener;
  }
}

/** A `Profile` that grows in place. */
class Listener implements Profile {
  readonly userId: UserId;
  plays = 0;
  unqualified = 0;
  listenedMs = 0;
  completes = 0;
  skips = 0;
  firstHeardAt = Number.MAX_SAFE_INTEGER as EpochMs;
  readonly artists = new Map<ArtistName, { plays: number; firstHeardAt: EpochMs }>();
  readonly heard = new Set<TrackId>();
  readonly recent: RecentPlay[] = [];

  constructor(userId: UserId) {
    this.userId = userId;
  }

  add(track: SegmentTrack, startedAt: EpochMs, listenedMs: number, flags: number): void {
    this.listenedMs += listenedMs;
    if ((flags & factFlags.completed) !== 0) this.completes += 1;
    if ((flags & factFlags.skipped) !== 0) this.skips += 1;
    if (startedAt < this.firstHeardAt) this.firstHeardAt = startedAt;
    this.heard.add(track.id);
    if ((flags & factFlags.qualified) === 0) {
      this.unqualified += 1;
    } else {
      this.plays += 1;
      this.#addArtist(track.artist, startedAt);
    }
    this.recent.push({
      trackId: track.id,
      artist: track.artist,
      title: track.title,
      startedAt,
      listenedMs,
      flags,
    });
    this.trim(4 * recentPlays);
  }

  /** Sorts the recent plays and drops what is too many, once there are more than `tolerance`. */
  trim(tolerance: number): void {
    if (this.recent.length <= tolerance) return;
    this.recent.sort(compareRecent);
    if (this.recent.length > recentPlays) this.recent.length = recentPlays;
  }

  #addArtist(name: ArtistName, startedAt: EpochMs): void {
    const artist = this.artists.get(name);
    if (artist === undefined) {
      this.artists.set(name, { plays: 1, firstHeardAt: startedAt });
      return;
    }
    artist.plays += 1;
    if (startedAt < artist.firstHeardAt) artist.firstHeardAt = startedAt;
  }
}
