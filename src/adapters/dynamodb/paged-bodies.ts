import { createHash } from "node:crypto";
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  type PutCommandInput,
} from "@aws-sdk/lib-dynamodb";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { CorruptStoreError, StoreError } from "#src/domain/errors.ts";
import { bytesOf, type Item, numberOf, textOf } from "./item.ts";
import { type ItemKey, paddedEpoch, shownPartition } from "./keys.ts";
import { answerOf, backOff, type Conditional, conditional, mapInFlight } from "./requests.ts";

/** An item holds 400 KB; larger bodies are paged. */
const pageBytes = 300 * 1024;
/** How often a body may be replaced while its pages are read. */
const attempts = 5;

/** Where the pages of a body are. */
interface PageSet {
  /** `PAGE#<epoch>#<hash of the body>`: runs that write different bodies never share a page. */
  readonly name: string;
  readonly count: number;
}

/** The main item of a body: its key, the epoch that writes it, and what else it holds. */
export interface MainItem extends ItemKey {
  readonly epoch: EpochNumber;
  readonly [attribute: string]: unknown;
}

/** When a main item may be replaced. */
export type Condition = Pick<
  PutCommandInput,
  "ConditionExpression" | "ExpressionAttributeNames" | "ExpressionAttributeValues"
>;

/**
 * Items with bodies of any size. The pages of a large one are written first, beside the main item, which then flips to
 * them with its conditional write; then the pages before are deleted.
 */
export class PagedBodies {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;
  readonly #what: string;

  /** @param what what a body is of, for messages: `profile` */
  constructor(client: DynamoDBDocumentClient, table: string, what: string) {
    this.#client = client;
    this.#table = table;
    this.#what = what;
  }

  /** Puts an item with its body where the condition holds, and deletes the pages that nobody needs then. */
  async write(main: MainItem, body: Uint8Array, condition: Condition): Promise<Conditional<unknown>> {
    const pages = body.length > pageBytes ? await this.#putPages(main, body) : undefined;
    const content = pages === undefined ? { body } : { pages: pages.count, page_set: pages.name };
    const request = this.#client.send(
      new PutCommand({
        TableName: this.#table,
        Item: { ...main, ...content },
        ...condition,
        ReturnValues: "ALL_OLD",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );
    const outcome = await conditional(this.#table, `PutItem of a ${this.#what}`, request);
    const isWritten = outcome.kind === "written";
    const before = pageSetOf(isWritten ? (outcome.output.Attributes ?? {}) : outcome.stored);
    const unused = isWritten ? before : pages;
    const inUse = isWritten ? pages : before;
    if (unused !== undefined && unused.name !== inUse?.name) await this.#deletePages(main, unused);
    return outcome;
  }

  /** A main item with its whole body; a later version of it where this one's pages have been replaced since. */
  async read(main: Item): Promise<Item> {
    const key = { pk: textOf(main, "pk"), sk: textOf(main, "sk") };
    let item = main;
    for (let attempt = 1; ; attempt++) {
      const body = await this.#body(key.pk, item);
      if (body !== undefined) return { ...item, body };
      if (attempt === attempts) {
        throw new CorruptStoreError(
          `table ${this.#table}: ${shownPartition(key.pk)} lacks pages of its ${this.#what}`,
        );
      }
      await backOff(attempt);
      const again = await this.#get(`a ${this.#what}`, key);
      if (again === undefined)
        throw new StoreError(`table ${this.#table}: ${shownPartition(key.pk)} vanished`);
      item = again;
    }
  }

  /** The stored bytes; undefined where pages are missing. */
  async #body(pk: string, item: Item): Promise<Uint8Array | undefined> {
    const set = pageSetOf(item);
    if (set === undefined) return bytesOf(item);
    const pages = await mapInFlight(pageItems(pk, set), (key) => this.#get(`a ${this.#what}'s page`, key));
    const found = pages.filter((page) => page !== undefined);
    return found.length < pages.length ? undefined : Buffer.concat(found.map((item) => bytesOf(item)));
  }

  /** One by one and not as a batch: who may read a main item may read its pages. */
  async #get(what: string, key: ItemKey): Promise<Item | undefined> {
    const request = this.#client.send(
      new GetCommand({ TableName: this.#table, Key: key, ConsistentRead: true }),
    );
    return (await answerOf(this.#table, `GetItem of ${what}`, request)).Item;
  }

  async #putPages({ pk, epoch }: MainItem, body: Uint8Array): Promise<PageSet> {
    const hash = createHash("sha256").update(body).digest("hex").slice(0, 16);
    const set = { name: `PAGE#${paddedEpoch(epoch)}#${hash}`, count: Math.ceil(body.length / pageBytes) };
    for (const [index, { sk }] of pageItems(pk, set).entries()) {
      const page = body.subarray(index * pageBytes, (index + 1) * pageBytes);
      const request = this.#client.send(
        new PutCommand({ TableName: this.#table, Item: { pk, sk, body: page } }),
      );
      await answerOf(this.#table, `PutItem of a ${this.#what}'s page`, request);
    }
    return set;
  }

  /** Pages that stay because this fails are never read again: they cost space, nothing else. */
  async #deletePages({ pk }: MainItem, set: PageSet): Promise<void> {
    await Promise.allSettled(
      pageItems(pk, set).map(({ sk }) =>
        this.#client.send(new DeleteCommand({ TableName: this.#table, Key: { pk, sk } })),
      ),
    );
  }
}

function pageSetOf(item: Item): PageSet | undefined {
  if (item["page_set"] === undefined) return undefined;
  return { name: textOf(item, "page_set"), count: numberOf(item, "pages") };
}

function pageItems(pk: string, set: PageSet): readonly ItemKey[] {
  return Array.from({ length: set.count }, (_, index) => ({ pk, sk: `${set.name}#${index}` }));
}
