import { createHash } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { DeleteCommand, type DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { CorruptStoreError, StoreError } from "#src/domain/errors.ts";
import type { UserId } from "#src/domain/play.ts";
import type { ProfileStore, ProfileWrite, StoredProfile } from "#src/ports/profile-store.ts";
import { decodeProfile, encodeProfile } from "#src/wire/profile-codec.ts";
import { bytesOf, type Item, inflated, numberOf, textOf } from "./item.ts";
import { type ItemKey, paddedEpoch, profileItem, profilePartition } from "./keys.ts";
import { answerOf, backOff, type Conditional, conditional, mapInFlight, readItems } from "./requests.ts";

/** An item holds 400 KB; larger bodies are paged. */
const pageBytes = 300 * 1024;
/** How often a profile may be replaced while its pages are read. */
const attempts = 5;

/** Where the pages of a body are. */
interface PageSet {
  /** `PAGE#<epoch>#<hash of the body>`: runs that write different bodies never share a page. */
  readonly name: string;
  readonly count: number;
}

/**
 * Profiles (`USER#<id>` / `PROFILE`), encoded and deflated. The pages of a large one are written first, then the main
 * item flips to them with its conditional write, then the pages before are deleted.
 */
export class DynamoDbProfileStore implements ProfileStore {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, countersTable: string) {
    this.#client = client;
    this.#table = countersTable;
  }

  async read(users: readonly UserId[]): Promise<ReadonlyMap<UserId, StoredProfile>> {
    const items = await readItems(this.#client, this.#table, [...new Set(users)].map(profileItem));
    const profiles = new Map<UserId, StoredProfile>();
    for (const item of items) {
      const stored = await this.#stored(item);
      profiles.set(stored.profile.userId, stored);
    }
    return profiles;
  }

  async write(epoch: EpochNumber, writes: readonly ProfileWrite[]): Promise<readonly UserId[]> {
    const outcomes = await mapInFlight(writes, async (write) => ({
      user: write.profile.userId,
      isWritten: await this.#writeOne(epoch, write),
    }));
    return outcomes.filter(({ isWritten }) => !isWritten).map(({ user }) => user);
  }

  async #writeOne(epoch: EpochNumber, { profile, epochRead }: ProfileWrite): Promise<boolean> {
    const body = deflateRawSync(encodeProfile(profile));
    const { userId } = profile;
    const pages = body.length > pageBytes ? await this.#putPages(userId, epoch, body) : undefined;
    const summary = { epoch, plays: profile.plays, listened_ms: profile.listenedMs };
    const content = pages === undefined ? { body } : { pages: pages.count, page_set: pages.name };
    const outcome = await this.#putMain({ ...profileItem(userId), ...summary, ...content }, epochRead);
    const isWritten = outcome.kind === "written";
    const before = pageSetOf(isWritten ? (outcome.output.Attributes ?? {}) : outcome.stored);
    const unused = isWritten ? before : pages;
    const inUse = isWritten ? pages : before;
    if (unused !== undefined && unused.name !== inUse?.name) await this.#deletePages(userId, unused);
    return isWritten;
  }

  async #putMain(
    item: Record<string, unknown>,
    epochRead: EpochNumber | undefined,
  ): Promise<Conditional<{ Attributes?: Item | undefined }>> {
    const condition =
      epochRead === undefined
        ? { ConditionExpression: "attribute_not_exists(pk)" }
        : {
            ConditionExpression: "#epoch = :epochRead",
            ExpressionAttributeNames: { "#epoch": "epoch" },
            ExpressionAttributeValues: { ":epochRead": epochRead },
          };
    const request = this.#client.send(
      new PutCommand({
        TableName: this.#table,
        Item: item,
        ...condition,
        ReturnValues: "ALL_OLD",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );
    return await conditional(this.#table, "PutItem of a profile", request);
  }

  async #putPages(user: UserId, epoch: EpochNumber, body: Uint8Array): Promise<PageSet> {
    const hash = createHash("sha256").update(body).digest("hex").slice(0, 16);
    const set = { name: `PAGE#${paddedEpoch(epoch)}#${hash}`, count: Math.ceil(body.length / pageBytes) };
    for (const [index, key] of pageItems(user, set).entries()) {
      const page = body.subarray(index * pageBytes, (index + 1) * pageBytes);
      const request = this.#client.send(
        new PutCommand({ TableName: this.#table, Item: { ...key, body: page } }),
      );
      await answerOf(this.#table, "PutItem of a profile's page", request);
    }
    return set;
  }

  /** Pages that stay because this fails are never read again: they cost space, nothing else. */
  async #deletePages(user: UserId, set: PageSet): Promise<void> {
    await Promise.allSettled(
      pageItems(user, set).map((key) =>
        this.#client.send(new DeleteCommand({ TableName: this.#table, Key: key })),
      ),
    );
  }

  async #stored(main: Item): Promise<StoredProfile> {
    let item = main;
    for (let attempt = 1; ; attempt++) {
      const body = await this.#body(item);
      if (body !== undefined) {
        return { profile: decodeProfile(inflated(body)), epoch: numberOf(item, "epoch") as EpochNumber };
      }
      if (attempt === attempts) {
        throw new CorruptStoreError(`table ${this.#table}: ${textOf(item, "pk")} lacks pages of its profile`);
      }
      await backOff(attempt);
      const key = { pk: textOf(item, "pk"), sk: textOf(item, "sk") };
      const [again] = await readItems(this.#client, this.#table, [key]);
      if (again === undefined) throw new StoreError(`table ${this.#table}: ${key.pk} vanished`);
      item = again;
    }
  }

  /** The deflated body; undefined where pages are missing because another run has replaced them since. */
  async #body(item: Item): Promise<Uint8Array | undefined> {
    const set = pageSetOf(item);
    if (set === undefined) return bytesOf(item);
    const user = textOf(item, "pk").slice(profilePartition("").length);
    const keys = pageItems(user, set);
    const found = await readItems(this.#client, this.#table, keys);
    const pages = new Map(found.map((page) => [textOf(page, "sk"), bytesOf(page)]));
    if (pages.size < keys.length) return undefined;
    return Buffer.concat(keys.map(({ sk }) => pages.get(sk) ?? new Uint8Array()));
  }
}

function pageSetOf(item: Item): PageSet | undefined {
  if (item["page_set"] === undefined) return undefined;
  return { name: textOf(item, "page_set"), count: numberOf(item, "pages") };
}

function pageItems(user: string, set: PageSet): readonly ItemKey[] {
  const pk = profilePartition(user);
  return Array.from({ length: set.count }, (_, index) => ({ pk, sk: `${set.name}#${index}` }));
}
