import { CorruptStoreError } from "../domain/errors.ts";
import { trackKind } from "../domain/name.ts";
import { PackedTexts } from "../domain/packed-texts.ts";
import type { ArtistName, EpochMs, EventId, Play, TrackId, UserId } from "../domain/play.ts";
import type {
  Facts,
  MarkedPlays,
  RejectChunk,
  SamplePlay,
  SegmentContents,
  SegmentTrack,
} from "../domain/segment.ts";
import type { SegmentRows, SegmentTexts } from "../domain/segment-builder.ts";
import { ByteReader, ByteWriter, textsOf } from "./bytes.ts";
import type { KnownNames } from "./known-names.ts";
import { encodePlay } from "./play-codec.ts";
import { decodeStoredPlay } from "./stored-play.ts";

const version = 3;
/** Segments live a week, so those that an earlier Earworm wrote are read too: they know of no tenths, and 1 of no marks. */
const versionWithoutTenths = 2;
const versionWithoutMarks = 1;

/** A segment's contents as bytes: dictionaries, then one column after the other. */
export const encodeSegment = (contents: SegmentContents): Uint8Array =>
  encodeSegmentRows(contents, packedTextsOf(contents), encodePlay);

/**
 * The same of contents whose dictionaries are packed already.
 *
 * @param encode the play codec, or what remembers its texts
 */
export function encodeSegmentRows(
  contents: SegmentRows,
  texts: SegmentTexts,
  encode: (play: Play) => string,
): Uint8Array {
  const { facts, duplicates, rejects } = contents;
  const writer = new ByteWriter();
  writer.unsigned(version);
  writer.packedTexts(texts.users);
  writer.packedTexts(texts.tracks);
  writer.packedTexts(texts.labels);

  writer.unsigned(facts.user.length);
  writer.unsignedAll(facts.user);
  writer.unsignedAll(facts.track);
  writer.deltas(facts.startedAt);
  writer.deltas(facts.arrivedAt);
  writer.unsignedAll(facts.listenedMs);
  writer.unsignedAll(facts.flags);
  writer.unsignedAll(facts.rating);
  writer.unsignedAll(facts.tenth);
  writer.unsignedAll(facts.platform);
  writer.unsignedAll(facts.mood);
  writer.unsignedAll(facts.country);
  writer.words(facts.idHi);
  writer.words(facts.idLo);

  writer.unsigned(duplicates.idHi.length);
  writer.deltas(duplicates.arrivedAt);
  writer.words(duplicates.idHi);
  writer.words(duplicates.idLo);

  writer.unsigned(rejects.length);
  for (const reject of rejects) {
    writer.strings([reject.sequenceNumber, reject.reason]);
    writer.unsigned(reject.entry);
    writer.unsigned(reject.chunk);
    writer.unsigned(reject.chunks);
    writer.unsigned(reject.arrivedAt);
    writer.bytes(reject.raw);
  }
  writer.strings(contents.sample.map(({ play }) => encode(play)));
  writer.strings(contents.marked.id);
  writer.deltas(contents.marked.play);
  return writer.finish();
}

function packedTextsOf({ users, tracks, labels }: SegmentContents): SegmentTexts {
  const packed = { users: new PackedTexts(), tracks: new PackedTexts(), labels: new PackedTexts() };
  for (const user of users) packed.users.add(user);
  for (const track of tracks) trackKind.pack(track, packed.tracks);
  for (const label of labels) packed.labels.add(label);
  return packed;
}

/**
 * Reads `encodeSegment`'s bytes. Names and the sample become texts when somebody asks for them: half of those who read a segment
 * do not, and they take more time than all columns.
 *
 * @param known the names of the segments before: then `users` and `tracks` are its own, which grow, and have more than the segment's
 * @throws CorruptStoreError where they are not, also when it is asked for a text
 */
export function decodeSegment(body: Uint8Array, known?: KnownNames): SegmentContents {
  const orCorrupt = <T>(read: () => T): T => {
    try {
      return read();
    } catch (cause) {
      throw new CorruptStoreError(`a segment of ${body.length} bytes cannot be decoded`, { cause });
    }
  };
  return orCorrupt(() => readContents(new ByteReader(body), known, orCorrupt));
}

type Attempt = <T>(read: () => T) => T;

function readContents(
  reader: ByteReader,
  known: KnownNames | undefined,
  orCorrupt: Attempt,
): SegmentContents {
  const found = reader.unsigned();
  if (found < versionWithoutMarks || found > version)
    throw new CorruptStoreError(`segment version ${found} is not ${versionWithoutMarks} to ${version}`);
  const names = known === undefined ? ownNames(reader) : namesAmong(known, reader);
  const labels = reader.strings();
  const plays = reader.unsigned();
  const facts = {
    user: names.userColumn(reader.unsignedAll(plays, Uint32Array)),
    track: names.trackColumn(reader.unsignedAll(plays, Uint32Array)),
    startedAt: reader.deltas(plays, Float64Array),
    arrivedAt: reader.deltas(plays, Float64Array),
    listenedMs: reader.unsignedAll(plays, Uint32Array),
    flags: reader.unsignedAll(plays, Uint8Array),
    rating: reader.unsignedAll(plays, Uint16Array),
    tenth: found <= versionWithoutTenths ? new Uint8Array(plays) : reader.unsignedAll(plays, Uint8Array),
    platform: reader.unsignedAll(plays, Uint32Array),
    mood: reader.unsignedAll(plays, Uint32Array),
    country: reader.unsignedAll(plays, Uint32Array),
    idHi: reader.words(plays),
    idLo: reader.words(plays),
  };
  const repeats = reader.unsigned();
  const duplicates = {
    arrivedAt: reader.deltas(repeats, Float64Array),
    idHi: reader.words(repeats),
    idLo: reader.words(repeats),
  };
  const rejects = readRejects(reader);
  const sample = reader.textRun();
  const marked = found === versionWithoutMarks ? { play: [], id: [] } : readMarks(reader);
  const users = once(() => orCorrupt(names.users));
  const tracks = once(() => orCorrupt(names.tracks));
  const samplePlays = once(() => orCorrupt(() => playsOf(textsOf(sample), facts)));
  return {
    get users() {
      return users();
    },
    get tracks() {
      return tracks();
    },
    labels,
    facts,
    duplicates,
    rejects,
    get sample() {
      return samplePlays();
    },
    marked,
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** A segment's listeners and tracks, and what makes its columns indexes into them. */
interface SegmentNames {
  users(): readonly UserId[];
  tracks(): readonly SegmentTrack[];
  userColumn(column: Uint32Array): Uint32Array;
  trackColumn(column: Uint32Array): Uint32Array;
}

function ownNames(reader: ByteReader): SegmentNames {
  const asItIs = (column: Uint32Array): Uint32Array => column;
  const [users, tracks] = [reader.textRun(), reader.textRun()];
  return {
    users: () => textsOf(users) as UserId[],
    tracks: () => tracksOf(textsOf(tracks)),
    userColumn: asItIs,
    trackColumn: asItIs,
  };
}

function namesAmong(known: KnownNames, reader: ByteReader): SegmentNames {
  const users = known.readUsers(reader);
  const tracks = known.readTracks(reader);
  return {
    users: () => known.users,
    tracks: () => known.tracks,
    userColumn: (column) => throughIndexes(column, users),
    trackColumn: (column) => throughIndexes(column, tracks),
  };
}

/** In place, and in a loop: `map` took as long as everything else of a segment's columns. */
function throughIndexes(column: Uint32Array, indexes: Uint32Array): Uint32Array {
  for (let i = 0; i < column.length; i++) column[i] = indexes[column[i] as number] ?? 0;
  return column;
}

function tracksOf(strings: readonly string[]): SegmentTrack[] {
  const tracks: SegmentTrack[] = [];
  for (let i = 0; i < strings.length; i += 4) {
    tracks.push({
      id: strings[i] as TrackId,
      artist: strings[i + 1] as ArtistName,
      title: strings[i + 2] ?? "",
      genre: strings[i + 3] ?? "",
    });
  }
  return tracks;
}

function readRejects(reader: ByteReader): RejectChunk[] {
  return Array.from({ length: reader.unsigned() }, () => {
    const [sequenceNumber = "", reason = ""] = reader.strings();
    return {
      sequenceNumber,
      reason,
      entry: reader.unsigned(),
      chunk: reader.unsigned(),
      chunks: reader.unsigned(),
      arrivedAt: reader.unsigned() as EpochMs,
      raw: reader.bytes(),
    };
  });
}

function readMarks(reader: ByteReader): MarkedPlays {
  const id = reader.strings() as EventId[];
  return { id, play: reader.deltas(id.length, Array<number>) };
}

/** The sample is the end of the plays, so the facts know when each arrived. */
function playsOf(sample: readonly string[], { arrivedAt }: Facts): SamplePlay[] {
  const first = arrivedAt.length - sample.length;
  return sample.map((text, i) => ({
    play: decodeStoredPlay(text),
    arrivedAt: (arrivedAt[first + i] ?? 0) as EpochMs,
  }));
}
