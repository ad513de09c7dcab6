import type { EpochNumber } from "../domain/epoch.ts";
import { noRegisters, type Registers } from "../domain/hyper-log-log.ts";
import type { EpochMs } from "../domain/play.ts";
import type { PublicationKey } from "../domain/publication-key.ts";
import type { DayEndings, Minute, Series } from "../domain/series.ts";
import { check, checkCount, checkText, readPublication } from "./publication-body.ts";

export const seriesKey = "SERIES" as PublicationKey;

type MinuteFigures = [
  minute: number,
  plays: number,
  unqualified: number,
  completes: number,
  skips: number,
  listenedMs: number,
  listeners: number,
  epoch: number,
];
type DayFigures = [day: number, completed: number, skipped: number, neither: number, epoch: number];

/** Without names, because it is written with every epoch. The registers come last, in base64, where there are any. */
type MinuteRow = readonly [...MinuteFigures, registers?: string];

export function encodeSeries({ minutes, day }: Series): string {
  return JSON.stringify({ minutes: minutes.map(rowOf), day: day === undefined ? null : dayRowOf(day) });
}

/** @throws CorruptStoreError */
export function decodeSeries(body: string): Series {
  return readPublication(seriesKey, body, ({ minutes, day }) => {
    check(Array.isArray(minutes), "minutes", minutes);
    return { minutes: minutes.map(minuteOf), day: day === null ? undefined : dayOf(day) };
  });
}

function rowOf(each: Minute): MinuteRow {
  const { minute, plays, unqualified, completes, skips, listenedMs, listeners, epoch, registers } = each;
  const row: MinuteFigures = [minute, plays, unqualified, completes, skips, listenedMs, listeners, epoch];
  return registers === undefined ? row : [...row, btoa(String.fromCharCode(...registers))];
}

function minuteOf(row: unknown): Minute {
  check(Array.isArray(row) && (row.length === 8 || row.length === 9), "minute", row);
  const figures = row.slice(0, 8).map((value) => checkCount("figure", value)) as MinuteFigures;
  const [minute, plays, unqualified, completes, skips, listenedMs, listeners, epoch] = figures;
  return {
    minute: minute as EpochMs,
    ...{ plays, unqualified, completes, skips, listenedMs, listeners },
    epoch: epoch as EpochNumber,
    registers: row.length === 8 ? undefined : registersOf(checkText("registers", row[8])),
  };
}

function registersOf(base64: string): Registers {
  const registers = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  check(registers.length === noRegisters().length, "registers", base64);
  return registers;
}

const dayRowOf = ({ day, completed, skipped, neither, epoch }: DayEndings): Readonly<DayFigures> => [
  day,
  completed,
  skipped,
  neither,
  epoch,
];

function dayOf(row: unknown): DayEndings {
  check(Array.isArray(row) && row.length === 5, "day", row);
  const figures = row.map((value) => checkCount("figure", value)) as DayFigures;
  const [day, completed, skipped, neither, epoch] = figures;
  return { day: day as EpochMs, ...{ completed, skipped, neither }, epoch: epoch as EpochNumber };
}
