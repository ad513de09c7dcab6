import {
  type DynamoDBDocumentClient,
  PutCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from "@aws-sdk/lib-dynamodb";
import type { Counter, CounterDelta, CounterKey } from "#src/domain/counter.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { CorruptStoreError, StaleEpochError } from "#src/domain/errors.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { compareLabels, type Totals } from "#src/domain/totals.ts";
import { isExpired } from "#src/domain/windows.ts";
import type { CounterStore } from "#src/ports/counter-store.ts";
import {
  additionOf,
  counterFrom,
  epochOf,
  firstPlayCorrection,
  labelCorrection,
  removalOf,
  replacementOf,
} from "./counter-item.ts";
import { type Item, textOf } from "./item.ts";
import { totalItem, totalSortKey } from "./keys.ts";
import { type Conditional, conditional, mapInFlight, readItems } from "./requests.ts";
import { scanItems } from "./scan-items.ts";

/** Dropping windows costs a write, so it waits until that many have expired. */
const expiredBeforeRemoval = 24;
/** An expression holds at most 300 operators; a window takes two. */
const mostRemoved = 100;

type Outcome = Conditional<{ Attributes?: Item | undefined }>;

/** Guarded totals, one item a counter and one UpdateItem a delta (I5). */
export class DynamoDbCounterStore implements CounterStore {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, countersTable: string) {
    this.#client = client;
    this.#table = countersTable;
  }

  async apply(
    epoch: EpochNumber,
    now: EpochMs,
    deltas: readonly CounterDelta[],
  ): Promise<readonly Counter[]> {
    return await mapInFlight(deltas, (delta) => this.#applyOne(epoch, now, delta));
  }

  async replace(epoch: EpochNumber, counters: readonly CounterDelta[]): Promise<void> {
    await mapInFlight(counters, (counter) => this.#replaceOne(epoch, counter));
  }

  async read(keys: readonly CounterKey[]): Promise<readonly Counter[]> {
    const items = await readItems(this.#client, this.#table, [...new Set(keys)].map(totalItem));
    const counters = new Map(items.map((item) => [keyOf(item), counterFrom(item, keyOf(item))]));
    return keys.flatMap((key) => counters.get(key) ?? []);
  }

  async *list(prefix: string): AsyncIterable<Counter> {
    const scan = scanItems(this.#client, this.#table, "counters", {
      FilterExpression: "sk = :total",
      ExpressionAttributeValues: { ":total": totalSortKey },
    });
    for await (const item of scan) {
      const key = keyOf(item);
      if (key.startsWith(prefix)) yield counterFrom(item, key);
    }
  }

  async #replaceOne(epoch: EpochNumber, counter: CounterDelta): Promise<void> {
    const request = this.#client.send(
      new PutCommand({
        TableName: this.#table,
        ...replacementOf(epoch, counter),
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );
    const outcome = await conditional(this.#table, "PutItem of a counter", request);
    if (outcome.kind === "refused") counterAt(epoch, counter.key, outcome);
  }

  async #applyOne(epoch: EpochNumber, now: EpochMs, delta: CounterDelta): Promise<Counter> {
    const { key } = delta;
    const added = await this.#update(key, additionOf(epoch, now, delta));
    const counter = await this.#withMinima(counterAt(epoch, key, added), delta.totals);
    await this.#dropExpired(counter, now);
    return counter;
  }

  /** Applies the minima where what came back is later than ours. */
  async #withMinima(counter: Counter, { firstPlayedAt, label }: Totals): Promise<Counter> {
    const { key, epoch, totals } = counter;
    let corrected = counter;
    if (firstPlayedAt !== undefined && firstPlayedAt < (totals.firstPlayedAt ?? Number.POSITIVE_INFINITY)) {
      corrected = counterAt(epoch, key, await this.#update(key, firstPlayCorrection(firstPlayedAt)));
    }
    if (label !== undefined && (totals.label === undefined || compareLabels(label, totals.label) < 0)) {
      corrected = counterAt(epoch, key, await this.#update(key, labelCorrection(label)));
    }
    return corrected;
  }

  async #dropExpired({ key, totals }: Counter, now: EpochMs): Promise<void> {
    const windows = [...totals.windows.keys(), ...totals.decays.keys(), ...totals.listeners.keys()];
    const expired = windows.filter((id) => isExpired(id, now));
    if (expired.length < expiredBeforeRemoval) return;
    await this.#update(key, removalOf(expired.slice(0, mostRemoved)));
  }

  async #update(key: CounterKey, input: Partial<UpdateCommandInput>): Promise<Outcome> {
    const request = this.#client.send(
      new UpdateCommand({
        ...input,
        TableName: this.#table,
        Key: totalItem(key),
        ReturnValues: "ALL_NEW",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );
    return await conditional(this.#table, "UpdateItem of a counter", request);
  }
}

const keyOf = (item: Item): CounterKey =>
  textOf(item, item["key"] === undefined ? "pk" : "key") as CounterKey;

/**
 * The counter as it is after a write, or as it was when it refused one. A run of `epoch` meets no other epoch: an older
 * one would have been replaced, and there is none without the guard (I5).
 */
function counterAt(epoch: EpochNumber, key: CounterKey, outcome: Outcome): Counter {
  const item = outcome.kind === "written" ? (outcome.output.Attributes ?? {}) : outcome.stored;
  const stored = epochOf(item);
  if (stored > epoch) throw new StaleEpochError(key, epoch, stored);
  if (stored < epoch) {
    const found = item["epoch"] === undefined ? "no epoch" : `epoch ${stored}`;
    throw new CorruptStoreError(`epoch ${epoch} was ${outcome.kind} at ${key}, but the item holds ${found}`);
  }
  return counterFrom(item, key);
}
