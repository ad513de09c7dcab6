import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import type { EpochMs, Play } from "#src/domain/play.ts";
import type { Result } from "#src/domain/result.ts";
import { err } from "#src/domain/result.ts";
import type { Clock } from "#src/ports/clock.ts";
import { type CsvHeader, decodeCsvRow } from "#src/wire/csv-dialect.ts";
import {
  checkLength,
  decodePlay,
  isTooLong,
  maxPlayBytes,
  type OrdinalOf,
  parseJson,
  type Rejection,
} from "#src/wire/play-codec.ts";
import { decodeStreamEvent, isStreamEvent } from "#src/wire/stream-event-dialect.ts";
import { IdentityCounter } from "./identity-counter.ts";

/** What stands on a line: a play, or why there is none. */
export type PlayFileEntry =
  | { readonly line: number; readonly play: Play }
  | { readonly line: number; readonly rejection: Rejection };

/** What takes the entries of a file, in their order. */
export type EntrySink = (entry: PlayFileEntry) => void;

/** The last digest, which is asked for twice: for how often the identity came, and then for the id. */
let lastText = "";
let lastDigest = "";

function sha256(text: string): string {
  if (text === lastText) return lastDigest;
  lastDigest = nodeRecordCodec.sha256(text);
  lastText = text;
  return lastDigest;
}

/** Makes plays of rows and of JSON texts. */
export class PlayFileDecoder {
  readonly #clock: Clock;
  readonly #sink: EntrySink;
  readonly #ordinalOf: OrdinalOf;
  /** How often each play without an event id came. */
  readonly identities = new IdentityCounter();

  /** @param equal what equal plays without an event id are: each a play of its own, or all the same */
  constructor(clock: Clock, equal: "own" | "same", sink: EntrySink) {
    this.#clock = clock;
    this.#sink = sink;
    this.#ordinalOf =
      equal === "own" ? (identity, startedAt) => this.#countIdentity(identity, startedAt) : () => 0;
  }

  row(line: number, header: CsvHeader, row: readonly string[]): void {
    this.#add(line, decodeCsvRow(header, row, this.#clock(), sha256, this.#ordinalOf));
  }

  json(line: number, text: string): void {
    this.#add(line, this.#decodeJson(text));
  }

  reject(line: number, rejection: Rejection): void {
    this.#sink({ line, rejection });
  }

  /** Gives back what it holds besides memory: nothing can be decoded afterwards. */
  close(): void {
    this.identities.close();
  }

  #countIdentity(identity: string, startedAt: EpochMs): number {
    const digest = sha256(identity);
    return this.identities.next(
      startedAt,
      Number.parseInt(digest.slice(0, 8), 16),
      Number.parseInt(digest.slice(8, 16), 16),
    );
  }

  #decodeJson(text: string): Result<Play, Rejection> {
    const json = parseJson(text);
    if (!json.ok) return json;
    // White space does not count: an element of an array may be spread over lines.
    if (isTooLong(text) && isTooLong(JSON.stringify(json.value))) {
      return err({ field: "record", reason: `longer than ${maxPlayBytes} bytes` });
    }
    const play = isStreamEvent(json.value)
      ? decodeStreamEvent(json.value, this.#clock(), sha256, this.#ordinalOf)
      : decodePlay(json.value, this.#clock(), sha256, this.#ordinalOf);
    return checkLength(play, text.length);
  }

  #add(line: number, decoded: Result<Play, Rejection>): void {
    this.#sink(decoded.ok ? { line, play: decoded.value } : { line, rejection: decoded.error });
  }
}
