import { CorruptStoreError } from "../domain/errors.ts";
import type { ArtistName, EpochMs, TrackId, UserId } from "../domain/play.ts";
import type { ArtistPlays, Profile, RecentPlay } from "../domain/profile.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";

const version = 1;
/** Shared by all calls, which never interleave: a new buffer for each of 100,000 profiles costs more than the bytes. */
const writer = new ByteWriter();

/** A profile as bytes: its names, then one column after the other. Recent plays name theirs by index. */
export function encodeProfile(profile: Profile): Uint8Array {
  const { artists, heard, recent } = profile;
  const names = new Names();
  const recentNames: number[] = [];
  for (const play of recent) {
    recentNames.push(names.add(play.trackId), names.add(play.artist), names.add(play.title));
  }
  const artistPlays = [...artists.values()];

  writer.clear();
  writer.unsigned(version);
  writer.unsignedAll([artists.size, heard.size, recent.length]);
  writer.strings([profile.userId, ...artists.keys(), ...heard, ...names.values]);
  writer.unsignedAll([profile.plays, profile.unqualified, profile.listenedMs]);
  writer.unsignedAll([profile.completes, profile.skips, profile.firstHeardAt]);
  writer.unsignedAll(artistPlays.map((artist) => artist.plays));
  writer.deltas(artistPlays.map((artist) => artist.firstHeardAt));
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
  const [artistCount = 0, heardCount = 0, recentCount = 0] = reader.unsignedAll(3);
  const strings = reader.strings();
  const [plays = 0, unqualified = 0, listenedMs = 0] = reader.unsignedAll(3);
  const [completes = 0, skips = 0, firstHeardAt = 0] = reader.unsignedAll(3);
  const heardFrom = 1 + artistCount;
  return {
    userId: strings[0] as UserId,
    plays,
    unqualified,
    listenedMs,
    completes,
    skips,
    firstHeardAt: firstHeardAt as EpochMs,
    artists: readArtists(reader, strings.slice(1, heardFrom)),
    heard: new Set(strings.slice(heardFrom, heardFrom + heardCount) as TrackId[]),
    recent: readRecent(reader, recentCount, strings.slice(heardFrom + heardCount)),
  };
}

function readArtists(reader: ByteReader, names: readonly string[]): Map<ArtistName, ArtistPlays> {
  const plays = reader.unsignedAll(names.length);
  const firstHeardAt = reader.deltas(names.length);
  const artists = new Map<ArtistName, ArtistPlays>();
  for (const [i, name] of names.entries()) {
    artists.set(name as ArtistName, {
      plays: plays[i] ?? 0,
      firstHeardAt: (firstHeardAt[i] ?? 0) as EpochMs,
    });
  }
  return artists;
}

function readRecent(reader: ByteReader, count: number, names: readonly string[]): RecentPlay[] {
  const indexes = reader.unsignedAll(3 * count);
  const startedAt = reader.deltas(count);
  const listenedMs = reader.unsignedAll(count);
  const flags = reader.unsignedAll(count);
  const name = (at: number): string => names[indexes[at] ?? 0] ?? "";
  return Array.from({ length: count }, (_, i) => ({
    trackId: name(3 * i) as TrackId,
    artist: name(3 * i + 1) as ArtistName,
    title: name(3 * i + 2),
    startedAt: (startedAt[i] ?? 0) as EpochMs,
    listenedMs: listenedMs[i] ?? 0,
    flags: flags[i] ?? 0,
  }));
}

/** A dictionary of the recent plays' names. */
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
