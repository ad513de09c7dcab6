import {
  type DynamoDBDocumentClient,
  paginateScan,
  type ScanCommandInput,
  type ScanCommandOutput,
} from "@aws-sdk/lib-dynamodb";
import type { Item } from "./item.ts";
import { answerOf } from "./requests.ts";

type Pages = AsyncIterator<ScanCommandOutput, unknown>;

/** How many parts of a table are read at the same time. A page is 1 MB, and each part holds one. */
const segments = 8;

/**
 * The items of a table that a filter lets pass, strongly consistent, in no particular order. It reads the whole table:
 * the filter spares traffic, not read units.
 *
 * @param what what is looked for, for messages: `counters`
 */
export async function* scanItems(
  client: DynamoDBDocumentClient,
  table: string,
  what: string,
  filter: Pick<ScanCommandInput, "FilterExpression" | "ExpressionAttributeValues">,
): AsyncIterable<Item> {
  const underWay = new Map<
    Pages,
    Promise<{ readonly pages: Pages; readonly items: readonly Item[] | undefined }>
  >();
  const readNext = (pages: Pages): void => {
    const page = answerOf(table, `Scan of ${what}`, pages.next());
    const found = page.then(({ value, done }) => ({ pages, items: done ? undefined : (value.Items ?? []) }));
    found.catch(() => {}); // whoever waits for it is told; until then it is nobody's
    underWay.set(pages, found);
  };
  for (let segment = 0; segment < segments; segment++) {
    const part = { Segment: segment, TotalSegments: segments };
    const input = { ...filter, ...part, TableName: table, ConsistentRead: true };
    readNext(paginateScan({ client }, input)[Symbol.asyncIterator]());
  }
  while (underWay.size > 0) {
    const { pages, items } = await Promise.race(underWay.values());
    underWay.delete(pages);
    if (items === undefined) continue;
    readNext(pages); // while the caller works on this one
    yield* items;
  }
}
