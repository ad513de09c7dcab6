import { CorruptStoreError } from "../domain/errors.ts";
import type { ArtistName, EpochMs, TrackId, UserId } from "../domain/play.ts";
import type { ListenerFigures, RecentPlay } from "../domain/profile.ts";
import { countRows, type PlayedRows, type PlayedTrack } from "../domain/profile-plays.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { TrackTexts } from "./track-texts.ts";

/** A JSON text of `encodeProfile` or `encodeHead` starts with "[", which is another byte. */
const version = 3;

/**
 * Some plays of a listener as bytes: pieces one after the other, each of them a list of names and columns of numbers. So what
 * is added to them is written behind them, and they are not read for it.
 */
export interface PlayRows {
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** A row of a listener: what all plays come to, and those plays that the row itself holds. */
export interface ListenerRow {
  readonly figures: ListenerFigures;
  readonly rows: PlayRows;
}

export const noRows: PlayRows = { count: 0, bytes: new Uint8Array(0) };

/** @returns the plays of both */
export function joinRows(a: PlayRows, b: PlayRows): PlayRows {
  const bytes = new Uint8Array(a.bytes.length + b.bytes.length);
  bytes.set(a.bytes);
  bytes.set(b.bytes, a.bytes.length);
  return { count: a.count + b.count, bytes };
}

/** Encodes plays. Those of a fold share their tracks, whose names are encoded once. */
export class PlayRowsEncoder {
  readonly #texts = new WeakMap<readonly PlayedTrack[], TrackTexts>();

  /** The row of a listener with the plays of `before` and those that were `played` since, without the listener's id. */
  listenerRow(figures: ListenerFigures, before: PlayRows, played: PlayedRows): Uint8Array<ArrayBuffer> {
    const writer = new ByteWriter();
    writer.byte(version);
    writer.unsigned(figures.plays);
    writer.unsigned(figures.unqualified);
    writer.unsigned(figures.listenedMs);
    writer.unsigned(figures.completes);
    writer.unsigned(figures.skips);
    writer.unsigned(figures.firstHeardAt);
    writer.unsigned(before.count + countRows(played));
    writer.append(before.bytes, 0, before.bytes.length);
    this.#writePiece(writer, played);
    return writer.finish();
  }

  /** Some plays that stand nowhere yet. */
  rows(played: PlayedRows): PlayRows {
    const writer = new ByteWriter();
    this.#writePiece(writer, played);
    return { count: countRows(played), bytes: writer.finish() };
  }

  /** Names first, as `ByteWriter.strings` writes them, because their number says how many plays there are. */
  #writePiece(writer: ByteWriter, played: PlayedRows): void {
    const { columns, from, to } = played;
    if (from === to) return;
    const { track, startedAt, listenedMs, flags } = columns;
    const texts = this.#textsOf(columns.tracks);
    writer.unsigned(3 * (to - from));
    let bytes = 0;
    for (let row = from; row < to; row++) bytes += texts.writeLengths(writer, track[row] ?? 0);
    writer.words([bytes]);
    for (let row = from; row < to; row++) texts.writeNames(writer, track[row] ?? 0);
    // Row by row: to cut a piece out of each column took longer.
    let before = 0;
    for (let row = from; row < to; row++) {
      const now = startedAt[row] ?? 0;
      writer.signed(now - before);
      before = now;
    }
    for (let row = from; row < to; row++) writer.unsigned(listenedMs[row] ?? 0);
    for (let row = from; row < to; row++) writer.unsigned(flags[row] ?? 0);
  }

  #textsOf(tracks: readonly PlayedTrack[]): TrackTexts {
    let texts = this.#texts.get(tracks);
    if (texts === undefined) {
      texts = new TrackTexts(tracks);
      this.#texts.set(tracks, texts);
    }
    return texts;
  }
}

/**
 * Reads `PlayRowsEncoder.listenerRow`'s bytes, and no play; undefined where they are a profile or a head as JSON.
 *
 * @throws CorruptStoreError where they are cut off
 */
export function decodeListenerRow(userId: UserId, body: Uint8Array): ListenerRow | undefined {
  if (body[0] !== version) return undefined;
  return orCorrupt(`a listener's row of ${body.length} bytes`, () => {
    const reader = new ByteReader(body);
    reader.byte();
    const figures = {
      userId,
      plays: reader.unsigned(),
      unqualified: reader.unsigned(),
      listenedMs: reader.unsigned(),
      completes: reader.unsigned(),
      skips: reader.unsigned(),
      firstHeardAt: reader.unsigned() as EpochMs,
    };
    return { figures, rows: { count: reader.unsigned(), bytes: reader.rest() } };
  });
}

/**
 * The plays, in the order in which they were added.
 *
 * @throws CorruptStoreError where the bytes are not theirs
 */
export function decodePlayRows({ count, bytes }: PlayRows): readonly RecentPlay[] {
  return orCorrupt(`${count} plays of ${bytes.length} bytes`, () => {
    const reader = new ByteReader(bytes);
    const plays: RecentPlay[] = [];
    while (plays.length < count) readPiece(reader, plays);
    reader.expectEnd();
    return plays;
  });
}

function readPiece(reader: ByteReader, into: RecentPlay[]): void {
  const names = reader.strings();
  const count = names.length / 3;
  if (count === 0 || !Number.isInteger(count)) throw new CorruptStoreError(`${names.length} names of plays`);
  const startedAt = reader.deltas(count, Float64Array);
  const listenedMs = reader.unsignedAll(count, Array<number>);
  const flags = reader.unsignedAll(count, Uint8Array);
  for (let i = 0; i < count; i++) {
    const [trackId, artist, title = ""] = names.slice(3 * i, 3 * i + 3);
    into.push({
      trackId: trackId as TrackId,
      artist: artist as ArtistName,
      title,
      startedAt: (startedAt[i] ?? 0) as EpochMs,
      listenedMs: listenedMs[i] ?? 0,
      flags: flags[i] ?? 0,
    });
  }
}

function orCorrupt<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new CorruptStoreError(`${what} cannot be decoded`, { cause });
  }
}
