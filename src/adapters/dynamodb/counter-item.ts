import type { Counter, CounterDelta, CounterKey } from "#src/domain/counter.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { bucketsOf, sketchOfBuckets } from "#src/domain/listener-sketch.ts";
import { type ArtistName, type EpochMs, tenths } from "#src/domain/play.ts";
import { type Label, noTotals, type Totals, type WindowTotals } from "#src/domain/totals.ts";
import { currentWindows, hourMs, isExpired, type WindowId } from "#src/domain/windows.ts";
import { bigintOf, type Item, numberOf, numbersOf, textOf } from "./item.ts";
import { totalItem } from "./keys.ts";
import { UpdateExpression } from "./update-expression.ts";

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
/** A set of the numbers of buckets (`bucketsOf`): adding to it is the union. */
const risingWindow = /^r\.[^.]+$/;

/** The counter that an item holds. */
export function counterFrom(item: Item, key: CounterKey): Counter {
  const attributes = Object.keys(item);
  const plain = Object.fromEntries(
    totalNames.map((name) => [name, numberOf(item, totalAttributes[name])]),
  ) as Pick<Totals, (typeof totalNames)[number]>;
  const windows = attributes.filter((name) => calendarWindow.test(name)) as WindowId[];
  const decays = attributes.filter((name) => decayWindow.test(name)) as WindowId[];
  const risings = attributes.filter((name) => risingWindow.test(name)) as WindowId[];
  return {
    key,
    epoch: epochOf(item),
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

export const epochOf = (item: Item): EpochNumber => numberOf(item, "epoch") as EpochNumber;

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

/** Those of the tenths that hold something. */
const tenthCounts = (counts: readonly number[]): readonly (readonly [attribute: string, count: number])[] =>
  counts.flatMap((count, tenth) => (count === 0 ? [] : [[tenthAttributes[tenth] ?? "", count] as const]));

const windowOf = (item: Item, id: WindowId): WindowTotals => ({
  plays: numberOf(item, id),
  listenedMs: numberOf(item, id + listenedSuffix),
});

/** The one write of a delta (I5). Windows that have expired at `now` are left out, which bounds the expression. */
export function additionOf(epoch: EpochNumber, now: EpochMs, { key, totals }: CounterDelta) {
  const update = new UpdateExpression();
  for (const name of totalNames) {
    if (totals[name] !== 0) update.add(totalAttributes[name], totals[name]);
  }
  for (const [attribute, count] of tenthCounts(totals.tenths)) update.add(attribute, count);
  addWindows(update, totals, now);
  update.set("epoch", epoch);
  if (totals.firstPlayedAt !== undefined) update.setIfMissing("first_played_at", totals.firstPlayedAt);
  for (const [attribute, value] of labelAttributes(totals.label)) update.setIfMissing(attribute, value);
  if (totalItem(key).pk !== key) update.set("key", key);
  const guard = update.name("epoch");
  const condition = `attribute_not_exists(${guard}) OR ${guard} < ${update.value(epoch)}`;
  return { ...update.build(), ConditionExpression: condition };
}

function addWindows(update: UpdateExpression, { windows, decays, listeners }: Totals, now: EpochMs): void {
  const isOpen = ([id]: readonly [WindowId, unknown]): boolean => !isExpired(id, now);
  for (const [id, { plays, listenedMs }] of [...windows].filter(isOpen)) {
    update.add(id, plays);
    update.add(id + listenedSuffix, listenedMs);
  }
  for (const [id, score] of [...decays].filter(isOpen)) update.add(id, score);
  for (const [id, sketch] of [...listeners].filter(isOpen)) update.add(id, new Set(bucketsOf(sketch)));
  if (listeners.size > 0) for (const id of pastRisings(now)) update.remove(id);
}

/** The last two hours' sets go with the write that is made anyway: they are the largest attributes of an hour. */
const pastRisings = (now: EpochMs): readonly WindowId[] =>
  [1, 2].map((hours) => currentWindows((now - hours * hourMs) as EpochMs).rising);

/** A whole item in the place of the one that holds an earlier epoch (I5). */
export function replacementOf(epoch: EpochNumber, { key, totals }: CounterDelta) {
  const main = totalItem(key);
  return {
    Item: {
      ...main,
      ...(main.pk === key ? {} : { key }),
      epoch,
      ...Object.fromEntries(
        totalNames.flatMap((name) => (totals[name] === 0 ? [] : [[totalAttributes[name], totals[name]]])),
      ),
      ...Object.fromEntries(tenthCounts(totals.tenths)),
      ...(totals.firstPlayedAt === undefined ? {} : { first_played_at: totals.firstPlayedAt }),
      ...Object.fromEntries(labelAttributes(totals.label)),
      ...Object.fromEntries(
        [...totals.windows].flatMap(([id, { plays, listenedMs }]) => [
          [id, plays],
          [id + listenedSuffix, listenedMs],
        ]),
      ),
      ...Object.fromEntries(totals.decays),
      ...Object.fromEntries([...totals.listeners].map(([id, sketch]) => [id, new Set(bucketsOf(sketch))])),
    },
    ConditionExpression: "attribute_not_exists(#epoch) OR #epoch < :epoch",
    ExpressionAttributeNames: { "#epoch": "epoch" },
    ExpressionAttributeValues: { ":epoch": epoch },
  };
}

/** Moves the first play to an earlier time, if it still is one. */
export function firstPlayCorrection(firstPlayedAt: EpochMs) {
  const update = new UpdateExpression();
  update.set("first_played_at", firstPlayedAt);
  const name = update.name("first_played_at");
  const condition = `attribute_not_exists(${name}) OR ${name} > ${update.value(firstPlayedAt)}`;
  return { ...update.build(), ConditionExpression: condition };
}

/** Replaces the label by an earlier or smaller one, if it still is; DynamoDB compares strings by UTF-8 bytes (I7). */
export function labelCorrection(label: Label) {
  const update = new UpdateExpression();
  const [at, artist, title] = labelAttributes(label).map(([attribute, value]) => {
    update.set(attribute, value);
    return { name: update.name(attribute), value: update.value(value) };
  });
  const condition =
    `attribute_not_exists(${at?.name}) OR ${at?.name} > ${at?.value} OR (${at?.name} = ${at?.value} AND ` +
    `(${artist?.name} > ${artist?.value} OR (${artist?.name} = ${artist?.value} AND ${title?.name} > ${title?.value})))`;
  return { ...update.build(), ConditionExpression: condition };
}

function labelAttributes(label: Label | undefined): readonly (readonly [string, string | number])[] {
  if (label === undefined) return [];
  return [
    ["labelled_at", label.startedAt],
    ["artist", label.artist],
    ["title", label.title],
  ];
}

/** Drops windows from an item that still exists. */
export function removalOf(windows: readonly WindowId[]) {
  const update = new UpdateExpression();
  for (const id of windows) {
    update.remove(id);
    if (calendarWindow.test(id)) update.remove(id + listenedSuffix);
  }
  return { ...update.build(), ConditionExpression: "attribute_exists(pk)" };
}
