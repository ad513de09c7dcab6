import { CorruptStoreError } from "../domain/errors.ts";
import type { ArtistName, EpochMs, TrackId, UserId } from "../domain/play.ts";
import type { ArtistPlays, Profile, RecentPlay } from "../domain/profile.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";

const version = 1;
/** Shared by all calls, which never interleave: a new buffer for each of 100,000 profiles costs more than the bytes. */
const writer = new ByteWriter();

/** A profile as bytes. Recent plays name their tracks and artists by index. */
export function encodeProfile(profile: Profile): Uint8Array {
  const names = new Names();
  const artists = [...profile.artists];
  for (const [name] of artists) names.add(name);
  for (const track of profile.heard) names.add(track);
  const { recent } = profile;
  const recentNames = recent.flatMap((play) => [
    names.add(play.trackId),
    names.add(play.artist),
    names.add(play.title),
  ]);

  writer.clear();
  writer.unsigned(version);
  writer.strings([profile.userId, ...names.values]);
  writer.unsignedAll([profile.plays, profile.unqualified, profile.listenedMs]);
  writer.unsignedAll([profile.completes, profile.skips, profile.firstHeardAt]);
  writer.unsigned(artists.length);
  writer.unsignedAll(artists.map(([, plays]) => plays.plays));
  writer.deltas(artists.map(([, plays]) => plays.firstHeardAt));
  writer.unsigned(profile.heard.size);
  writer.unsignedAll([...profile.heard].map((track) => names.add(track)));
  writer.unsigned(recent.length);
  writer.unsignedAll(recentNames);
  writer.deltas(recent.map((play) => play.startedAt));
  writer.unsignedAll(recent.map((play) => play.listenedMs));
  writer.unsignedAll(recent.map((play) => play.flags));
  return writer.finish();
}

/**
 * Reads `encodeProfile`'s bytes.
 *
 * @throws CorruptStoreError where they are not
 */
export function decodeProfile(body: Uint8Array): Profile {
  try {
    return readProfile(new ByteReader(body));
  } catch (cause) {
    throw new CorruptStoreError(`a profile of ${body.length} bytes cannot be decoded`, { cause });
  }
}

function readProfile(reader: ByteReader): Profile {
  const found = reader.unsigned();
  if (found !== version) throw new CorruptStoreError(`profile version ${found} is not ${version}`);
  const [userId = "", ...names] = reader.strings();
  const name = (index: number): string => names[index] ?? "";
  const [plays = 0, unqualified = 0, listenedMs = 0] = reader.unsignedAll(3);
  const [completes = 0, skips = 0, firstHeardAt = 0] = reader.unsignedAll(3);
  const artistCount = reader.unsigned();
  const artistPlays = reader.unsignedAll(artistCount);
  const artistFirsts = reader.deltas(artistCount);
  const artists = new Map<ArtistName, ArtistPlays>();
  for (let i = 0; i < artistCount; i++) {
    const firstHeard = (artistFirsts[i] ?? 0) as EpochMs;
    artists.set(name(i) as ArtistName, { plays: artistPlays[i] ?? 0, firstHeardAt: firstHeard });
  }
  const heard = new Set(reader.unsignedAll(reader.unsigned()).map((index) => name(index) as TrackId));
  return {
    userId: userId as UserId,
    plays,
    unqualified,
    listenedMs,
    completes,
    skips,
    firstHeardAt: firstHeardAt as EpochMs,
    artists,
    heard,
    recent: readRecent(reader, name),
  };
}

function readRecent(reader: ByteReader, name: (index: number) => string): RecentPlay[] {
  const count = reader.unsigned();
  const names = reader.unsignedAll(3 * count);
  const startedAt = reader.deltas(count);
  const listenedMs = reader.unsignedAll(count);
  const flags = reader.unsignedAll(count);
  return Array.from({ length: count }, (_, i) => ({
    trackId: name(names[3 * i] ?? 0) as TrackId,
    artist: name(names[3 * i + 1] ?? 0) as ArtistName,
    title: name(names[3 * i + 2] ?? 0),
    startedAt: (startedAt[i] ?? 0) as EpochMs,
    listenedMs: listenedMs[i] ?? 0,
    flags: flags[i] ?? 0,
  }));
}

class Names {
  readonly values: string[] = [];
  readonly #index = new Map<string, number>();

  /** The name's index, new or known. */
  add(name: string): number {
    const known = this.#index.get(name);
    if (known !== undefined) return known;
    this.values.push(name);
    this.#index.set(name, this.values.length - 1);
    return this.values.length - 1;
  }
}
