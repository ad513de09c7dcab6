import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { afterDelta, afterReplacement } from "#src/domain/applied-delta.ts";
import type { Counter, CounterDelta, CounterKey } from "#src/domain/counter.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { CorruptStoreError } from "#src/domain/errors.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { CounterStore } from "#src/ports/counter-store.ts";
import { conversion, counterFrom, counterItem, insertion, isFormer, update } from "./counter-item.ts";
import type { Item } from "./item.ts";
import { totalItem, totalSortKey } from "./keys.ts";
import { conditional, mapInFlight, readItems, runStatements } from "./requests.ts";
import { scanItems } from "./scan-items.ts";

/** Nothing has expired by then. */
const unexpired = 0 as EpochMs;
/**
 * A guard refuses where the read was not the latest, or another run wrote since. Then a strongly consistent read shows it,
 * and whoever wrote was of this epoch, or of a later one.
 */
const mostAttempts = 5;

/** A counter as it was read. */
interface Stored {
  readonly item: Item;
  readonly counter: Counter;
}

/** A counter as it is to be, and what it takes the place of. */
interface Change {
  readonly counter: Counter;
  readonly read: Stored | undefined;
}

/** Guarded totals, one item of some hundred bytes a counter: an epoch reads it, adds, and writes it once (I5, ADR 22). */
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
    return await this.#change(epoch, now, deltas, afterDelta);
  }

  async replace(epoch: EpochNumber, counters: readonly CounterDelta[]): Promise<void> {
    await this.#change(epoch, unexpired, counters, afterReplacement);
  }

  async read(keys: readonly CounterKey[]): Promise<readonly Counter[]> {
    const stored = await this.#read([...new Set(keys)], true);
    return keys.flatMap((key) => stored.get(key)?.counter ?? []);
  }

  async *list(prefix: string): AsyncIterable<Counter> {
    const scan = scanItems(this.#client, this.#table, "counters", {
      FilterExpression: "sk = :total",
      ExpressionAttributeValues: { ":total": totalSortKey },
    });
    for await (const item of scan) {
      const counter = counterFrom(item);
      if (counter.key.startsWith(prefix)) yield counter;
    }
  }

  /** Reads, changes and writes; those that were written by somebody else meanwhile once more. */
  async #change(
    epoch: EpochNumber,
    now: EpochMs,
    deltas: readonly CounterDelta[],
    changed: typeof afterDelta,
  ): Promise<readonly Counter[]> {
    const counters = new Map<CounterKey, Counter>();
    let waiting = deltas;
    // The first read may be out of date, at half the price: the guard refuses what came of such a one.
    for (let attempt = 0; waiting.length > 0; attempt++) {
      const stored = await this.#read(keysOf(waiting), attempt > 0);
      if (attempt === mostAttempts) throw refusedAgain(epoch, waiting, stored);
      const changes: Change[] = [];
      for (const delta of waiting) {
        const read = stored.get(delta.key);
        const totals = changed(epoch, read?.counter, delta);
        const counter = { key: delta.key, epoch, totals };
        counters.set(delta.key, counter);
        if (read?.counter.epoch !== epoch || read.counter.totals !== totals) changes.push({ counter, read });
      }
      const refused = await this.#write(changes, now);
      waiting = waiting.filter(({ key }) => refused.has(key));
    }
    return deltas.flatMap(({ key }) => counters.get(key) ?? []);
  }

  async #read(keys: readonly CounterKey[], isConsistent: boolean): Promise<ReadonlyMap<CounterKey, Stored>> {
    const items = await readItems(this.#client, this.#table, keys.map(totalItem), isConsistent);
    return new Map(
      items.map((item) => {
        const counter = counterFrom(item);
        return [counter.key, { item, counter }];
      }),
    );
  }

  /** Returns those that are not as they were read any more, and so were not written. */
  async #write(changes: readonly Change[], now: EpochMs): Promise<ReadonlySet<CounterKey>> {
    const { former = [], today = [] } = Object.groupBy(changes, ({ read }) =>
      read !== undefined && isFormer(read.item) ? "former" : "today",
    );
    const statements = today.map(({ counter, read }) => {
      const item = counterItem(counter, now);
      return read === undefined ? insertion(this.#table, item) : update(this.#table, item, read.item);
    });
    const written = await runStatements(this.#client, this.#table, statements);
    const converted = await mapInFlight(former, (change) => this.#convert(change, now));
    const refused = [
      ...today.filter((_, i) => written[i] !== true),
      ...former.filter((_, i) => converted[i] !== true),
    ];
    return new Set(refused.map(({ counter }) => counter.key));
  }

  async #convert({ counter, read }: Change, now: EpochMs): Promise<boolean> {
    const put = conversion(this.#table, counterItem(counter, now), read?.item ?? {});
    const outcome = await conditional(this.#table, "PutItem of a counter", this.#client.send(put));
    return outcome.kind === "written";
  }
}

const keysOf = (deltas: readonly CounterDelta[]): readonly CounterKey[] => deltas.map(({ key }) => key);

/** There is none without the guard, and an epoch before cannot have been written after it (I5). */
function refusedAgain(
  epoch: EpochNumber,
  [waiting]: readonly CounterDelta[],
  stored: ReadonlyMap<CounterKey, Stored>,
): CorruptStoreError {
  const key = waiting?.key ?? ("" as CounterKey);
  const read = stored.get(key);
  const found = read === undefined ? "there is no item" : `the item holds epoch ${read.counter.epoch}`;
  return new CorruptStoreError(`epoch ${epoch} was refused at ${key} again and again, but ${found}`);
}
