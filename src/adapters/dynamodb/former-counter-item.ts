import type { Counter, CounterKey } from "#src/domain/counter.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { sketchOfBuckets } from "#src/domain/listener-sketch.ts";
import { type ArtistName, type EpochMs, tenths } from "#src/domain/play.ts";
import { type Label, noTotals, type Totals, type WindowTotals } from "#src/domain/totals.ts";
import type { WindowId } from "#src/domain/windows.ts";
import { bigintOf, type Item, numberOf, numbersOf, textOf } from "./item.ts";

/** The attribute that holds the last epoch that is in such an item. */
export const formerGuard = "epoch";

/** The attribute of each plain total. */
const totalAttributes = {
  plays: "plays",
  unqualified: "unqualified",
  listenedMs: "listened_ms",
  completes: "completes",
  skips: "skips",
  ratingSum: "rating_sum",
  ratingCount: "rating_count",
} as const satisfies Partial<Record<keyof Totals, string>>;
const totalNames = Object.keys(totalAttributes) as (keyof typeof totalAttributes)[];

/** The attribute of each tenth at which plays end; a tenth without any has none. */
const tenthAttributes = Array.from({ length: tenths }, (_, tenth) => `t${tenth}`);

const listenedSuffix = ".ms";
const calendarWindow = /^[hdw]\.[^.]+$/;
const decayWindow = /^[xy]\.[^.]+$/;
/** A set of the numbers of buckets (`bucketsOf`). */
const risingWindow = /^r\.[^.]+$/;

/** The counter that an item of the format before ADR 22 holds: an attribute for each total and each window. */
export function formerCounterFrom(item: Item, key: CounterKey): Counter {
  const attributes = Object.keys(item);
  const plain = Object.fromEntries(
    totalNames.map((name) => [name, numberOf(item, totalAttributes[name])]),
  ) as Pick<Totals, (typeof totalNames)[number]>;
  const windows = attributes.filter((name) => calendarWindow.test(name)) as WindowId[];
  const decays = attributes.filter((name) => decayWindow.test(name)) as WindowId[];
  const risings = attributes.filter((name) => risingWindow.test(name)) as WindowId[];
  return {
    key,
    epoch: numberOf(item, formerGuard) as EpochNumber,
    totals: {
      ...plain,
      tenths: tenthsOf(item),
      firstPlayedAt:
        item["first_played_at"] === undefined ? undefined : (numberOf(item, "first_played_at") as EpochMs),
      label: labelOf(item),
      windows: new Map(windows.map((id) => [id, windowOf(item, id)])),
      decays: new Map(decays.map((id) => [id, bigintOf(item, id)])),
      listeners: new Map(risings.map((id) => [id, sketchOfBuckets(numbersOf(item, id))])),
    },
  };
}

function labelOf(item: Item): Label | undefined {
  if (item["labelled_at"] === undefined) return undefined;
  return {
    startedAt: numberOf(item, "labelled_at") as EpochMs,
    artist: textOf(item, "artist") as ArtistName,
    title: textOf(item, "title"),
  };
}

function tenthsOf(item: Item): readonly number[] {
  if (tenthAttributes.every((name) => item[name] === undefined)) return noTotals.tenths;
  return tenthAttributes.map((name) => numberOf(item, name));
}

const windowOf = (item: Item, id: WindowId): WindowTotals => ({
  plays: numberOf(item, id),
  listenedMs: numberOf(item, id + listenedSuffix),
});
