import { CorruptStoreError } from "../domain/errors.ts";
import type { ArtistName, EpochMs } from "../domain/play.ts";
import { type Label, noTotals, type Totals, type WindowTotals } from "../domain/totals.ts";
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
  const { firstPlayedAt, label } = totals;
  const out = new ByteWriter();
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
  sortOut(totals.windows, calendarColumns, now);
  for (const column of calendarColumns) writeCalendar(out, column, meanMs);
  sortOut(totals.decays, decayColumns, now);
  for (const column of decayColumns) writeIntegers(out, column);
  sortOut(totals.listeners, risingColumns, now);
  for (const column of risingColumns) writeIntegers(out, column);
  return out.finish();
}

/**
 * Reads `encodeTotals`'s bytes.
 *
 * @throws CorruptStoreError where they are not
 */
export function decodeTotals(body: Uint8Array): Totals {
  try {
    return readTotals(new ByteReader(body));
  } catch (cause) {
    throw new CorruptStoreError(`totals of ${body.length} bytes cannot be decoded`, { cause });
  }
}

function readTotals(input: ByteReader): Totals {
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
  return Array.from({ length: count }, () => input.unsigned());
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
  readonly #prefix: number;
  readonly numbers: number[] = [];
  readonly values: V[] = [];
  #firstOpen = 0;

  constructor(kind: WindowKind) {
    this.#kind = kind;
    this.#prefix = kindPrefix[kind].charCodeAt(0);
  }

  clear(now: EpochMs): void {
    this.numbers.length = 0;
    this.values.length = 0;
    this.#firstOpen = firstOpenAt(this.#kind, now);
  }

  /** Whether it takes windows of this kind. */
  takes(window: WindowId): boolean {
    return window.charCodeAt(0) === this.#prefix;
  }

  /** Windows mostly come in their order. */
  add(window: WindowId, value: V): void {
    const number = numberOfInstance(this.#kind, window);
    if (number < this.#firstOpen) return;
    let at = this.numbers.length;
    while (at > 0 && (this.numbers[at - 1] ?? 0) > number) at -= 1;
    if (at === this.numbers.length) {
      this.numbers.push(number);
      this.values.push(value);
    } else {
      this.numbers.splice(at, 0, number);
      this.values.splice(at, 0, value);
    }
  }
}

const calendarColumns = calendarKinds.map((kind) => new Column<WindowTotals>(kind));
const decayColumns = decayKinds.map((kind) => new Column<bigint>(kind));
const risingColumns = [new Column<bigint>("rising")];

function sortOut<V>(windows: ReadonlyMap<WindowId, V>, columns: readonly Column<V>[], now: EpochMs): void {
  for (const column of columns) column.clear(now);
  for (const [window, value] of windows) {
    for (const column of columns) if (column.takes(window)) column.add(window, value);
  }
}

/** What a play of this counter takes on average, ms; the same on both sides, and small enough that products are exact. */
function meanListenedMs(plays: number, unqualified: number, listenedMs: number): number {
  return Math.floor(listenedMs / Math.max(1, plays + unqualified));
}

function expectedMs(plays: number, meanMs: number): number {
  const expected = plays * meanMs;
  return expected <= Number.MAX_SAFE_INTEGER ? expected : 0;
}

const noShare: WindowTotals = { plays: 0, listenedMs: 0 };

function writeCalendar(out: ByteWriter, { numbers, values }: Column<WindowTotals>, meanMs: number): void {
  out.unsigned(numbers.length);
  let next = 0;
  for (let i = 0; i < numbers.length; i++) {
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

function writeIntegers(out: ByteWriter, { numbers, values }: Column<bigint>): void {
  out.unsigned(numbers.length);
  let next = 0;
  for (let i = 0; i < numbers.length; i++) {
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
