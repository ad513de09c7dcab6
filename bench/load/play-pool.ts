import { gzipSync } from "node:zlib";
import { createSimulator } from "#simulator/simulator.ts";
import type { EpochMs, EventId, Play } from "#src/domain/play.ts";
import type { StreamRecord } from "#src/ports/play-stream.ts";
import { partitionKeyOf } from "#src/wire/partition-key.ts";
import { encodePlay } from "#src/wire/play-codec.ts";

export interface PlayPoolOptions {
  /** The same seed gives the same listeners, songs and plays, but for ids and times. */
  readonly seed: number;
  readonly users: number;
  readonly songs: number;
  /** Invented beforehand, about 400 bytes each; what is sent are copies of them with ids and times of their own. */
  readonly plays: number;
  /** Begins every event id: 6 of `[a-z0-9]`, so that no two runs share one. */
  readonly run: string;
}

/** A play's line, and where in it are its id's number and its time. */
interface Template {
  readonly line: Buffer;
  readonly numberAt: number;
  readonly timeAt: number;
}

/**
 * Listeners are dealt to so many partition keys, each always to the same: enough for a few shards, and few enough that a second's
 * blocks go to all of them.
 */
const keyCount = 32;
/** Digits of a play's number in its event id, base 36. */
const numberDigits = 9;
const timeDigits = 13;
const timePlace = 1_111_111_111_111 as EpochMs;
/** From so many plays on they travel as a gzip block. */
const smallestBlock = 8;
/** It takes about 64 KB before it is compressed, as those that other producers seal. */
const largestBlock = 200;
/** As producers seal them (node-record-codec.ts). */
const gzipLevel = 1;

/**
 * Plays of invented listeners, encoded beforehand: a play costs a copy of its bytes, an id and a time. Measured: 20,000 plays/s as
 * blocks of 200 take 12 % of a core, most of it gzip; made and encoded one by one they take 45 %.
 */
export class PlayPool {
  readonly #templates: readonly (readonly Template[])[];
  readonly #next: number[];
  readonly #buffer: Buffer;
  #made = 0;
  #turn = 0;

  constructor({ seed, users, songs, plays, run }: PlayPoolOptions) {
    const simulator = createSimulator({ seed, users, songs, listening: Math.ceil(users / 2) });
    const idPlace = `${run}-${"0".repeat(numberDigits)}` as EventId;
    const templates: Template[][] = Array.from({ length: keyCount }, () => []);
    for (let i = 0; i < plays; i++) {
      const play: Play = { ...simulator.next(timePlace), eventId: idPlace };
      templates[keyIndexOf(play)]?.push(templateOf(play, run.length + 1));
    }
    this.#templates = templates.filter(({ length }) => length > 0);
    this.#next = this.#templates.map(() => 0);
    this.#buffer = Buffer.allocUnsafe(16 * 1024 * 1024);
  }

  /** How many plays were made. */
  get made(): number {
    return this.#made;
  }

  /**
   * The records of one request, with `plays` new plays of listeners who share a partition key.
   *
   * @param startedAt of all of them, epoch ms
   */
  records(plays: number, startedAt: number): readonly StreamRecord[] {
    const group = this.#turn++ % this.#templates.length;
    const partitionKey = `load-${String(group).padStart(2, "0")}`;
    if (plays < smallestBlock)
      return Array.from({ length: plays }, () => ({
        partitionKey,
        data: Buffer.from(this.#lines(group, 1, startedAt).subarray(0, -1)),
      }));
    const blocks = Math.ceil(plays / largestBlock);
    return Array.from({ length: blocks }, (_, i) => {
      const size = Math.floor(((i + 1) * plays) / blocks) - Math.floor((i * plays) / blocks);
      return { partitionKey, data: gzipSync(this.#lines(group, size, startedAt), { level: gzipLevel }) };
    });
  }

  /** Lines that are overwritten by the next call. */
  #lines(group: number, plays: number, startedAt: number): Buffer {
    const templates = this.#templates[group] ?? [];
    const time = String(Math.floor(startedAt));
    let end = 0;
    for (let i = 0; i < plays; i++) {
      const at = this.#next[group] ?? 0;
      this.#next[group] = (at + 1) % templates.length;
      const template = templates[at];
      if (template === undefined) continue;
      end += this.#put(template, end, time);
    }
    return this.#buffer.subarray(0, end);
  }

  #put({ line, numberAt, timeAt }: Template, at: number, time: string): number {
    this.#buffer.set(line, at);
    const number = (this.#made++).toString(36).padStart(numberDigits, "0");
    this.#buffer.write(number, at + numberAt, numberDigits, "latin1");
    this.#buffer.write(time, at + timeAt, timeDigits, "latin1");
    return line.length;
  }
}

const keyIndexOf = ({ userId }: Play): number => Number(partitionKeyOf(userId).slice(1)) % keyCount;

function templateOf(play: Play, prefixLength: number): Template {
  const line = Buffer.from(`${encodePlay(play)}\n`);
  return {
    line,
    numberAt: line.indexOf(play.eventId) + prefixLength,
    timeAt: line.indexOf(String(timePlace)),
  };
}
