import { CorruptStoreError } from "../domain/errors.ts";
import type { ArtistName, EpochMs } from "../domain/play.ts";
import { type Label, noTotals, type OwnTotals, type Totals, type WindowTotals } from "../domain/totals.ts";
import {
  firstOpenAt,
  instanceAt,
  numberOfInstance,
  type WindowId,
  type WindowKind,
} from "../domain/windows.ts";
import { ByteReader, ByteWriter, MalformedBytesError } from "./bytes.ts";

/*
 * What a counter holds, in few bytes: DynamoDB bills a write by the KB of the item, and a counter has up to 130 windows. An
 * hour takes 4 to 6 bytes: its distance from the hour before (none where it is the next one), its plays, and how far its
 * listened time is from what so many plays of this counter take. Integers are 7 bits a byte, lowest first.
 */
const version = 1;
const flag = { firstPlayedAt: 1, label: 2 } as const;
const calendarKinds = ["hour", "day", "week"] as const satisfies readonly WindowKind[];
const decayKinds = ["hot", "hot24"] as const satisfies readonly WindowKind[];
const kindPrefix = { hour: "h", day: "d", week: "w", hot: "x", hot24: "y", rising: "r" } as const;

/** Of a window's first byte: whether it is not the next one, whether it is less than expected, whether plays go on. */
const [isApart, isLess, goesOn] = [0x01, 0x02, 0x80] as const;
const playsPerFirstByte = 32;

/**
 * A counter's totals as bytes, the same whatever the order of their windows.
 *
 * @param now windows that `isExpired` by then are left out
 */
export function encodeTotals(totals: Totals, now: EpochMs): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  writeTotals(out, totals, now);
  return out.finish();
}

/** `encodeTotals` into what a writer has already. */
export function writeTotals(out: ByteWriter, totals: Totals, now: EpochMs): void {
  const { firstPlayedAt, label } = totals;
  out.byte(version);
  out.byte((firstPlayedAt === undefined ? 0 : flag.firstPlayedAt) | (label === undefined ? 0 : flag.label));
  out.unsigned(totals.plays);
  out.unsigned(totals.unqualified);
  out.unsigned(totals.listenedMs);
  out.unsigned(totals.completes);
  out.unsigned(totals.skips);
  out.unsigned(totals.ratingSum);
  out.unsigned(totals.ratingCount);
  out.unsigned(totals.tenths.length);
  for (const count of totals.tenths) out.unsigned(count);
  if (firstPlayedAt !== undefined) out.signed(firstPlayedAt);
  if (label !== undefined) writeLabel(out, label, firstPlayedAt ?? 0);
  const meanMs = meanListenedMs(totals.plays, totals.unqualified, totals.listenedMs);
  for (const column of calendarColumns.fill(totals.windows, now)) writeCalendar(out, column, meanMs);
  for (const column of decayColumns.fill(totals.decays, now)) writeIntegers(out, column);
  for (const column of risingColumns.fill(totals.listeners, now)) writeIntegers(out, column);
}

/**
 * Reads `encodeTotals`'s bytes.
 *
 * @throws CorruptStoreError where they are not
 */
export function decodeTotals(body: Uint8Array): OwnTotals {
  try {
    return readTotals(new ByteReader(body));
  } catch (cause) {
    throw new CorruptStoreError(`totals of ${body.length} bytes cannot be decoded`, { cause });
  }
}

function readTotals(input: ByteReader): OwnTotals {
  const found = input.byte();
  if (found !== version) throw new MalformedBytesError(`version ${found} of totals is not ${version}`);
  const flags = input.byte();
  const plays = input.unsigned();
  const unqualified = input.unsigned();
  const listenedMs = input.unsigned();
  const completes = input.unsigned();
  const skips = input.unsigned();
  const ratingSum = input.unsigned();
  const ratingCount = input.unsigned();
  const tenths = readTenths(input);
  const firstPlayedAt = (flags & flag.firstPlayedAt) === 0 ? undefined : (input.signed() as EpochMs);
  const label = (flags & flag.label) === 0 ? undefined : readLabel(input, firstPlayedAt ?? 0);
  const meanMs = meanListenedMs(plays, unqualified, listenedMs);
  const windows = new Map<WindowId, WindowTotals>();
  for (const kind of calendarKinds) readCalendar(input, kind, windows, meanMs);
  const decays = new Map<WindowId, bigint>();
  for (const kind of decayKinds) readIntegers(input, kind, decays);
  const listeners = new Map<WindowId, bigint>();
  readIntegers(input, "rising", listeners);
  input.expectEnd();
  return {
    plays,
    unqualified,
    listenedMs,
    completes,
    skips,
    ratingSum,
    ratingCount,
    tenths,
    firstPlayedAt,
    label,
    windows,
    decays,
    listeners,
  };
}

function readTenths(input: ByteReader): readonly number[] {
  const count = input.unsigned();
  if (count === 0) return noTotals.tenths;
  input.expect(count);
  const tenths: number[] = [];
  for (let i = 0; i < count; i++) tenths.push(input.unsigned());
  return tenths;
}

function writeLabel(out: ByteWriter, { startedAt, artist, title }: Label, from: number): void {
  out.signed(startedAt - from);
  out.text(artist);
  out.text(title);
}

function readLabel(input: ByteReader, from: number): Label {
  const startedAt = (from + input.signed()) as EpochMs;
  return { startedAt, artist: input.text() as ArtistName, title: input.text() };
}

/** The open instances of one kind of window by their numbers, ascending; kept for the next counter. */
class Column<V> {
  readonly #kind: WindowKind;
  /** Those of earlier counters stay behind what is in: to cut arrays short and let them grow again takes longer. */
  readonly numbers: number[] = [];
  readonly values: V[] = [];
  length = 0;
  #now: EpochMs | undefined;
  #firstOpen = 0;

  constructor(kind: WindowKind) {
    this.#kind = kind;
  }

  clear(now: EpochMs): void {
    this.length = 0;
    if (now === this.#now) return; // all counters of an epoch have one
    this.#now = now;
    this.#firstOpen = firstOpenAt(this.#kind, now);
  }

  /** Windows mostly come in their order. */
  add(window: WindowId, value: V): void {
    const number = numberOfInstance(this.#kind, window);
    if (number < this.#firstOpen) return;
    let at = this.length++;
    for (; at > 0 && (this.numbers[at - 1] as number) > number; at--) {
      this.numbers[at] = this.numbers[at - 1] as number;
      this.values[at] = this.values[at - 1] as V;
    }
    this.numbers[at] = number;
    this.values[at] = value;
  }
}

/** The columns of some kinds of windows, in the order in which they are written. */
class Columns<V> {
  readonly #all: readonly Column<V>[];
  /** By the first letter of a window's name. */
  readonly #byPrefix: readonly (Column<V> | undefined)[];

  constructor(kinds: readonly WindowKind[]) {
    this.#all = kinds.map((kind) => new Column<V>(kind));
    const byPrefix = new Array<Column<V> | undefined>(128).fill(undefined);
    for (const [i, kind] of kinds.entries()) byPrefix[kindPrefix[kind].charCodeAt(0)] = this.#all[i];
    this.#byPrefix = byPrefix;
  }

  /** Sorts out a counter's windows, but those that have expired by `now`. */
  fill(windows: ReadonlyMap<WindowId, V>, now: EpochMs): readonly Column<V>[] {
    for (const column of this.#all) column.clear(now);
    for (const [window, value] of windows) this.#byPrefix[window.charCodeAt(0)]?.add(window, value);
    return this.#all;
  }
}

const calendarColumns = new Columns<WindowTotals>(calendarKinds);
const decayColumns = new Columns<bigint>(decayKinds);
const risingColumns = new Columns<bigint>(["rising"]);

/** What a play of this counter takes on average, ms; the same on both sides, and small enough that products are exact. */
function meanListenedMs(plays: number, unqualified: number, listenedMs: number): number {
  return Math.floor(listenedMs / Math.max(1, plays + unqualified));
}

function expectedMs(plays: number, meanMs: number): number {
  const expected = plays * meanMs;
  return expected <= Number.MAX_SAFE_INTEGER ? expected : 0;
}

const noShare: WindowTotals = { plays: 0, listenedMs: 0 };

function writeCalendar(
  out: ByteWriter,
  { numbers, values, length }: Column<WindowTotals>,
  meanMs: number,
): void {
  out.unsigned(length);
  let next = 0;
  for (let i = 0; i < length; i++) {
    const number = numbers[i] ?? 0;
    const { plays, listenedMs } = values[i] ?? noShare;
    const more = listenedMs - expectedMs(plays, meanMs);
    const flags = (number === next ? 0 : isApart) | (more < 0 ? isLess : 0);
    const high = plays < playsPerFirstByte ? 0 : Math.floor(plays / playsPerFirstByte);
    out.byte(((plays % playsPerFirstByte) << 2) | flags | (high === 0 ? 0 : goesOn));
    if (high !== 0) out.unsigned(high);
    if (number !== next) out.unsigned(number - next);
    out.unsigned(Math.abs(more));
    next = number + 1;
  }
}

function readCalendar(
  input: ByteReader,
  kind: WindowKind,
  windows: Map<WindowId, WindowTotals>,
  meanMs: number,
): void {
  const count = input.unsigned();
  let next = 0;
  for (let i = 0; i < count; i++) {
    const first = input.byte();
    const high = (first & goesOn) === 0 ? 0 : input.unsigned();
    const plays = ((first & 0x7f) >> 2) + high * playsPerFirstByte;
    const number = (first & isApart) === 0 ? next : next + input.unsigned();
    const more = input.unsigned();
    const listenedMs = expectedMs(plays, meanMs) + ((first & isLess) === 0 ? more : -more);
    windows.set(instanceAt(kind, number), { plays, listenedMs });
    next = number + 1;
  }
}

function writeIntegers(out: ByteWriter, { numbers, values, length }: Column<bigint>): void {
  out.unsigned(length);
  let next = 0;
  for (let i = 0; i < length; i++) {
    const number = numbers[i] ?? 0;
    out.unsigned(number - next);
    out.large(values[i] ?? 0n);
    next = number + 1;
  }
}

function readIntegers(input: ByteReader, kind: WindowKind, windows: Map<WindowId, bigint>): void {
  const count = input.unsigned();
  let next = 0;
  for (let i = 0; i < count; i++) {
    const number = next + input.unsigned();
    windows.set(instanceAt(kind, number), input.large());
    next = number + 1;
  }
}
