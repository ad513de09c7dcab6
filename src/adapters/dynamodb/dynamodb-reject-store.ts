import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  paginateQuery,
  type QueryCommandInput,
} from "@aws-sdk/lib-dynamodb";
import { hash64 } from "#src/domain/hash64.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { ShardKey } from "#src/domain/position.ts";
import {
  arrivalOf,
  assembleReject,
  countReasons,
  type ReasonCount,
  type Reject,
  type RejectId,
  type RejectPiece,
  type RejectSummary,
} from "#src/domain/reject.ts";
import type { RejectPage, RejectQuery, RejectStore } from "#src/ports/reject-store.ts";
import { formatIsoTime } from "#src/wire/iso-time.ts";
import { bodyAttributes, bodyOf, type Item, numberOf, textOf } from "./item.ts";
import { type ItemKey, rejectBins, rejectPartition, rejectRawItem, rejectRawPartition } from "./keys.ts";
import { answerOf, mapInFlight, putItems } from "./requests.ts";

/** How many pages of a bin one listing reads at most where few reasons match. */
const pagesPerList = 4;

/**
 * Rejects (`REJECT#<day>#<bin>` / id) apart from their raw bytes (`RAW#<id>` / chunk), so that listing and counting read
 * little. An id's hash picks the bin; a listing merges the bins.
 */
export class DynamoDbRejectStore implements RejectStore {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;
  readonly #searched: { readonly Limit?: number };

  /** @param searchedItems how many items a page has in which reasons are searched; @default what 1 MB holds */
  constructor(client: DynamoDBDocumentClient, countersTable: string, searchedItems?: number) {
    this.#client = client;
    this.#table = countersTable;
    this.#searched = searchedItems === undefined ? {} : { Limit: searchedItems };
  }

  /** Without conditions: a piece never changes, so writing it again leaves the same item. */
  async write(pieces: readonly RejectPiece[]): Promise<void> {
    const items = new Map(pieces.flatMap(itemsFrom).map((item) => [`${item.pk} ${item.sk}`, item]));
    await putItems(this.#client, this.#table, [...items.values()]);
  }

  /** The raw bytes go first: what is left of a removal that failed is still found and removed again. */
  async remove(ids: readonly RejectId[]): Promise<void> {
    await mapInFlight(ids, async (id) => {
      const pieces = this.#query("a reject's raw bytes", {
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": rejectRawPartition(id) },
        ProjectionExpression: "pk, sk",
      });
      for await (const { items } of pieces)
        for (const item of items) await this.#delete({ pk: textOf(item, "pk"), sk: textOf(item, "sk") });
      await this.#delete(itemKey(id));
    });
  }

  async list({ day, reason, after, limit }: RejectQuery): Promise<RejectPage> {
    const bins = await this.#eachBin((bin) => this.#listBin(dayOf(day), bin, { reason, after, limit }));
    // A bin that was not read to its end says nothing of what comes after.
    const frontier = bins.reduce<RejectId | undefined>(
      (first, { readTo }) =>
        first === undefined || (readTo !== undefined && readTo < first) ? readTo : first,
      undefined,
    );
    const found = bins
      .flatMap((bin) => bin.rejects)
      .filter(({ id }) => frontier === undefined || id <= frontier)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const rejects = found.slice(0, limit);
    return { rejects, next: found.length > limit ? rejects.at(-1)?.id : frontier };
  }

  async read(id: RejectId): Promise<Reject | undefined> {
    const request = this.#client.send(
      new GetCommand({ TableName: this.#table, Key: itemKey(id), ConsistentRead: true }),
    );
    const { Item } = await answerOf(this.#table, "GetItem of a reject", request);
    if (Item === undefined) return undefined;
    const raws: Uint8Array[] = [];
    const pieces = this.#query("a reject's raw bytes", {
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": rejectRawPartition(id) },
    });
    for await (const { items } of pieces)
      for (const piece of items) raws[Number(textOf(piece, "sk"))] = bodyOf(piece);
    return assembleReject(summaryFrom(Item), raws);
  }

  async counts(day: EpochMs): Promise<readonly ReasonCount[]> {
    const bins = await this.#eachBin(async (bin) => {
      const counts = new Map<string, number>();
      const pages = this.#query("reasons", {
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": rejectPartition(dayOf(day), bin) },
        ProjectionExpression: "pk, sk, reason",
      });
      for await (const { items } of pages) {
        for (const item of items) {
          const reason = textOf(item, "reason");
          counts.set(reason, (counts.get(reason) ?? 0) + 1);
        }
      }
      return counts;
    });
    return countReasons(bins.flatMap((counts) => [...counts]));
  }

  async #delete(key: ItemKey): Promise<void> {
    const request = this.#client.send(new DeleteCommand({ TableName: this.#table, Key: key }));
    await answerOf(this.#table, "DeleteItem of a reject", request);
  }

  /** At least `limit` rejects of a bin, or all up to `readTo`; undefined for its end. */
  async #listBin(
    day: string,
    bin: number,
    { reason = "", after, limit }: Omit<RejectQuery, "day">,
  ): Promise<{ readonly rejects: readonly RejectSummary[]; readonly readTo: RejectId | undefined }> {
    const rejects: RejectSummary[] = [];
    let pages = 0;
    const query = {
      KeyConditionExpression: after === undefined ? "pk = :pk" : "pk = :pk AND sk > :after",
      ExpressionAttributeValues: {
        ":pk": rejectPartition(day, bin),
        ...(after === undefined ? {} : { ":after": after }),
        ...(reason === "" ? {} : { ":reason": reason }),
      },
      ...(reason === ""
        ? { Limit: limit }
        : { FilterExpression: "contains(reason, :reason)", ...this.#searched }),
    };
    for await (const { items, readTo } of this.#query("rejects", query)) {
      rejects.push(...items.map(summaryFrom));
      pages += 1;
      if (readTo !== undefined && (rejects.length >= limit || pages === pagesPerList))
        return { rejects, readTo };
    }
    return { rejects, readTo: undefined };
  }

  #eachBin<T>(work: (bin: number) => Promise<T>): Promise<readonly T[]> {
    return mapInFlight(
      Array.from({ length: rejectBins }, (_, bin) => bin),
      work,
    );
  }

  /** Page by page, strongly consistent, each with the key up to which it goes where it is not the last. */
  async *#query(
    what: string,
    query: Omit<QueryCommandInput, "TableName">,
  ): AsyncIterableIterator<{ readonly items: readonly Item[]; readonly readTo: RejectId | undefined }> {
    const pages = paginateQuery(
      { client: this.#client },
      { ...query, TableName: this.#table, ConsistentRead: true },
    )[Symbol.asyncIterator]();
    for (;;) {
      const { value, done } = await answerOf(this.#table, `Query of ${what}`, pages.next());
      if (done) return;
      const { Items = [], LastEvaluatedKey } = value;
      yield { items: Items, readTo: LastEvaluatedKey && (textOf(LastEvaluatedKey, "sk") as RejectId) };
    }
  }
}

/** `YYYY-MM-DD`. */
const dayOf = (at: EpochMs): string => formatIsoTime(at).slice(0, 10);

const itemKey = (id: RejectId): ItemKey => ({
  pk: rejectPartition(dayOf(arrivalOf(id)), hash64(id, { hi: 0, lo: 0 }).lo % rejectBins),
  sk: id,
});

function itemsFrom(piece: RejectPiece): readonly (Item & ItemKey)[] {
  const { id, shard, sequenceNumber, entry, reason, chunk, chunks, raw } = piece;
  const rawItem = { ...rejectRawItem(id, chunk), ...bodyAttributes(raw) };
  if (chunk > 0) return [rawItem];
  return [rawItem, { ...itemKey(id), shard, sequence_number: sequenceNumber, entry, reason, chunks }];
}

function summaryFrom(item: Item): RejectSummary {
  const id = textOf(item, "sk") as RejectId;
  return {
    id,
    shard: textOf(item, "shard") as ShardKey,
    sequenceNumber: textOf(item, "sequence_number"),
    entry: numberOf(item, "entry"),
    arrivedAt: arrivalOf(id),
    reason: textOf(item, "reason"),
    chunks: numberOf(item, "chunks"),
  };
}
