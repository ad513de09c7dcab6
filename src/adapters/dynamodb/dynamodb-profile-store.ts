import { deflateRawSync } from "node:zlib";
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  type PutCommandInput,
  paginateQuery,
} from "@aws-sdk/lib-dynamodb";
import { type EpochNumber, isWrittenIn } from "#src/domain/epoch.ts";
import { CorruptStoreError, StaleEpochError, StoreError } from "#src/domain/errors.ts";
import type { UserId } from "#src/domain/play.ts";
import {
  addFigures,
  addProfiles,
  compareRecent,
  figuresOf,
  noProfile,
  type Profile,
  type RecentPlay,
} from "#src/domain/profile.ts";
import { countRows, type ProfileDelta, playsIn, profileOf } from "#src/domain/profile-plays.ts";
import type {
  ProfileAddition,
  ProfileHead,
  ProfileStore,
  ProfileWrite,
  StoredProfile,
} from "#src/ports/profile-store.ts";
import { decodeProfile, encodeProfile } from "#src/wire/profile-codec.ts";
import { decodePlays, encodePlays } from "#src/wire/profile-head-codec.ts";
import { bytesOf, type Item, inflated, numberOf, textOf } from "./item.ts";
import {
  type ItemKey,
  profileBase,
  profileItem,
  profilePartition,
  profileRun,
  profileSortKey,
} from "./keys.ts";
import { type Condition, PagedBodies } from "./paged-bodies.ts";
import { bodyOfHead, fitsInOneUnit, type Layers, StoredHead } from "./profile-layers.ts";
import { answerOf, backOff, conditional, mapInFlight, readItems } from "./requests.ts";
import { scanItems } from "./scan-items.ts";

/** No head holds more plays: some 27 make a KB. */
const mostOfHead = 50;

/** How often the rest of a profile may be replaced while it is read. */
const attempts = 5;

/** The way of a listener's head into the table. */
interface HeadWriter {
  /** The body of a head with these plays; undefined where that is too large for one. */
  readonly bodyIfSmall: (plays: readonly RecentPlay[], layers: Layers) => Uint8Array | undefined;
  /** Whether it was done: not where the head that was read is not there any more. */
  readonly put: (body: Uint8Array) => Promise<boolean>;
}

export interface ProfileLayerLimits {
  /** After so many runs all is merged into a new base. @default 8 */
  readonly runs: number;
  /** Whether a head of so many plays and bytes may stay one. @default one write unit */
  readonly fits: (user: UserId, plays: number, bytes: number) => boolean;
}

const oneUnitAndEightRuns: ProfileLayerLimits = {
  runs: 8,
  fits: (user, _, bytes) => fitsInOneUnit(user, bytes),
};

/**
 * Profiles in layers, because a write is billed by the size of its item (ADR 23). The main item, `USER#<id>` / `PROFILE`, is a head:
 * figures, the newest plays, and which items hold the rest. When it outgrows a write unit, its plays become a run, an item of their
 * own; after eight runs all is merged into a base, in whichever of its two places is not in use. What the head does not name is not
 * part of the profile, so that whatever is written before the head counts from then on, and not before (as `PagedBodies`).
 *
 * A main item may also be a whole profile, as `write` puts it and earlier versions did, with pages where it is large.
 */
export class DynamoDbProfileStore implements ProfileStore {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;
  readonly #bodies: PagedBodies;
  readonly #limits: ProfileLayerLimits;

  constructor(client: DynamoDBDocumentClient, countersTable: string, limits = oneUnitAndEightRuns) {
    this.#client = client;
    this.#table = countersTable;
    this.#bodies = new PagedBodies(client, countersTable, "profile");
    this.#limits = limits;
  }

  async read(users: readonly UserId[]): Promise<ReadonlyMap<UserId, StoredProfile>> {
    const heads = [...(await this.#heads(users)).values()];
    const found = await mapInFlight(heads, async (head) => await this.#whole(head));
    return new Map(found.map((stored) => [stored.profile.userId, stored]));
  }

  async heads(users: readonly UserId[]): Promise<ReadonlyMap<UserId, ProfileHead>> {
    return await this.#heads(users);
  }

  async *list(): AsyncIterable<StoredProfile> {
    const items = scanItems(this.#client, this.#table, "profiles", {
      FilterExpression: "begins_with(sk, :profile)",
      ExpressionAttributeValues: { ":profile": profileSortKey },
    });
    // Items of a partition come in the order of their sort keys, the head first: what belongs to no open head is not needed.
    const open = new Map<string, { readonly head: StoredHead; readonly layers: Item[] }>();
    for await (const item of items) {
      const pk = textOf(item, "pk");
      if (item["sk"] === profileSortKey) {
        const head = await this.#headFrom(item);
        if (head.layers === undefined || isBare(head.layers)) yield await this.#whole(head);
        else open.set(pk, { head, layers: [] });
        continue;
      }
      const found = open.get(pk);
      if (found === undefined) continue;
      found.layers.push(item);
      const stored = await this.#assemble(found.head, found.layers);
      if (stored === undefined) continue;
      open.delete(pk);
      yield stored;
    }
    for (const { head } of open.values()) yield await this.#whole(head);
  }

  async add(epoch: EpochNumber, additions: readonly ProfileAddition[]): Promise<readonly UserId[]> {
    const outcomes = await mapInFlight(additions, async (addition) => ({
      user: addition.delta.userId,
      isWritten: await this.#addOne(epoch, addition),
    }));
    return outcomes.filter(({ isWritten }) => !isWritten).map(({ user }) => user);
  }

  async write(epoch: EpochNumber, writes: readonly ProfileWrite[]): Promise<readonly UserId[]> {
    const outcomes = await mapInFlight(writes, async ({ profile, epochRead }) => ({
      user: profile.userId,
      isWritten: await this.#writeWhole(epoch, profile, epochRead),
    }));
    return outcomes.filter(({ isWritten }) => !isWritten).map(({ user }) => user);
  }

  async forget(epoch: EpochNumber, user: UserId): Promise<void> {
    const stored = (await this.#heads([user])).get(user);
    if (!isWrittenIn(epoch, "a profile", stored)) {
      const isWritten = await this.#writeWhole(epoch, noProfile(user), stored?.epoch);
      if (!isWritten) throw new StoreError(`a profile changed while epoch ${epoch} was written`);
    }
    // Also where an earlier attempt has emptied it: it may have been cut off here.
    for (const { pk, sk } of await this.#layerKeys(user)) {
      const request = this.#client.send(new DeleteCommand({ TableName: this.#table, Key: { pk, sk } }));
      await answerOf(this.#table, "DeleteItem of a profile's layer", request);
    }
  }

  async #heads(users: readonly UserId[]): Promise<ReadonlyMap<UserId, StoredHead>> {
    const mains = await readItems(this.#client, this.#table, [...new Set(users)].map(profileItem));
    const heads = await Promise.all(mains.map((main) => this.#headFrom(main)));
    return new Map(heads.map((head) => [head.figures.userId, head]));
  }

  async #headFrom(main: Item): Promise<StoredHead> {
    const head = main["page_set"] === undefined ? StoredHead.from(main) : undefined;
    if (head !== undefined) return head;
    const item = await this.#bodies.read(main);
    const whole = decodeProfile(inflated(bytesOf(item)));
    return new StoredHead(numberOf(item, "epoch") as EpochNumber, figuresOf(whole), { whole });
  }

  /** The profile of a head, or of a later one where the head's layers have been replaced since. */
  async #whole(from: StoredHead): Promise<StoredProfile> {
    const { userId } = from.figures;
    for (let head = from, attempt = 1; ; attempt++) {
      const isAlone = head.layers === undefined || isBare(head.layers);
      const stored = await this.#assemble(head, isAlone ? [] : await this.#layersOf(userId));
      if (stored !== undefined) return stored;
      if (attempt === attempts)
        throw new CorruptStoreError(`table ${this.#table}: a profile as of epoch ${head.epoch} lacks layers`);
      await backOff(attempt);
      const [again] = await this.#query(userId, "pk = :pk AND sk = :head", { ":head": profileSortKey });
      if (again === undefined) throw new StoreError(`table ${this.#table}: a profile vanished`);
      head = await this.#headFrom(again);
    }
  }

  /** Undefined where an item that the head names is not among these. */
  async #assemble(head: StoredHead, items: readonly Item[]): Promise<StoredProfile | undefined> {
    const { epoch, figures, plays, layers, whole } = head;
    if (layers === undefined) return { epoch, profile: whole ?? noProfile(figures.userId) };
    const named = (key: ItemKey, written: EpochNumber): Item | undefined =>
      items.find((item) => item["sk"] === key.sk && numberOf(item, "epoch") === written);
    const { base, runs } = layers;
    const baseItem = base && named(profileBase(figures.userId, base.place), base.epoch);
    const runItems = runs.map((written, run) => named(profileRun(figures.userId, run), written));
    const found = runItems.filter((item) => item !== undefined);
    if (found.length < runs.length || (base !== undefined && baseItem === undefined)) return undefined;
    const body = baseItem && bytesOf(await this.#bodies.read(baseItem));
    const beneath = body === undefined ? noProfile(figures.userId) : decodeProfile(inflated(body));
    const profile = [...found.map((item) => decodePlays(inflated(bytesOf(item)))), plays]
      .map((some) => profileOf(figures.userId, some))
      .reduce(addProfiles, beneath);
    return { epoch, profile };
  }

  /** Whether it was done. */
  async #addOne(epoch: EpochNumber, { delta, head: given }: ProfileAddition): Promise<boolean> {
    if (given !== undefined && !(given instanceof StoredHead))
      throw new TypeError("a head is of another store");
    const head = given ?? StoredHead.none(delta.userId);
    const figures = given === undefined ? figuresOf(delta) : addFigures(head.figures, delta);
    const { userId } = figures;
    const writer: HeadWriter = {
      bodyIfSmall: (plays, layers) => {
        const body = bodyOfHead({ figures, plays, layers });
        return this.#limits.fits(userId, plays.length, body.length) ? body : undefined;
      },
      put: (body) => this.#putHead(epoch, body, userId, given?.epoch),
    };
    const isAdded = await this.#addAbove(epoch, head, delta, writer);
    if (isAdded !== undefined) return isAdded;
    const before = given && (await this.#whole(head));
    if (before !== undefined && before.epoch !== head.epoch) return false;
    const base = { place: head.layers?.base?.place === 0 ? 1 : 0, epoch } as const;
    const added = profileOf(userId, playsIn(delta.played));
    await this.#putBase(base, before === undefined ? added : addProfiles(before.profile, added));
    return await writer.put(bodyOfHead({ figures, plays: [], layers: { base, runs: [] } }));
  }

  /** Adds to the head, as a whole or to one whose plays have become a run. Undefined where that cannot be. */
  async #addAbove(
    epoch: EpochNumber,
    { figures, layers, plays: before }: StoredHead,
    { played }: ProfileDelta,
    { bodyIfSmall, put }: HeadWriter,
  ): Promise<boolean | undefined> {
    if (countRows(played) > mostOfHead || layers === undefined) return undefined;
    const plays = playsIn(played).toSorted(compareRecent);
    const all = bodyIfSmall([...before, ...plays], layers);
    if (all !== undefined) return await put(all);
    if (before.length === 0 || layers.runs.length >= this.#limits.runs) return undefined;
    const above = bodyIfSmall(plays, { ...layers, runs: [...layers.runs, epoch] });
    if (above === undefined) return undefined;
    await this.#putRun(epoch, figures.userId, layers.runs.length, before);
    return await put(above);
  }

  async #putHead(
    epoch: EpochNumber,
    body: Uint8Array,
    user: UserId,
    epochRead: EpochNumber | undefined,
  ): Promise<boolean> {
    const outcome = await this.#bodies.write({ ...profileItem(user), epoch }, body, isStillAt(epochRead));
    return outcome.kind === "written";
  }

  async #writeWhole(
    epoch: EpochNumber,
    profile: Profile,
    epochRead: EpochNumber | undefined,
  ): Promise<boolean> {
    const { userId, plays, listenedMs } = profile;
    const main = { ...profileItem(userId), epoch, plays, listened_ms: listenedMs };
    const outcome = await this.#bodies.write(
      main,
      deflateRawSync(encodeProfile(profile)),
      isStillAt(epochRead),
    );
    return outcome.kind === "written";
  }

  async #putRun(epoch: EpochNumber, user: UserId, run: number, plays: readonly RecentPlay[]): Promise<void> {
    const body = deflateRawSync(encodePlays(plays));
    const input: PutCommandInput = {
      TableName: this.#table,
      Item: { ...profileRun(user, run), epoch, body },
      ...isOlder(epoch),
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    };
    const outcome = await conditional(
      this.#table,
      "PutItem of a profile's run",
      this.#client.send(new PutCommand(input)),
    );
    if (outcome.kind === "refused") expectWrittenIn(epoch, outcome.stored);
  }

  async #putBase({ place, epoch }: NonNullable<Layers["base"]>, profile: Profile): Promise<void> {
    const body = deflateRawSync(encodeProfile(profile));
    const outcome = await this.#bodies.write(
      { ...profileBase(profile.userId, place), epoch },
      body,
      isOlder(epoch),
    );
    if (outcome.kind === "refused") expectWrittenIn(epoch, outcome.stored);
  }

  /** Whatever there is beside the head, in use or not. */
  async #layersOf(user: UserId): Promise<readonly Item[]> {
    return await this.#query(user, "pk = :pk AND begins_with(sk, :layer)", {
      ":layer": `${profileSortKey}#`,
    });
  }

  async #layerKeys(user: UserId): Promise<readonly ItemKey[]> {
    const all = await this.#query(user, "pk = :pk", {});
    const keys = all.map((item) => ({ pk: textOf(item, "pk"), sk: textOf(item, "sk") }));
    return keys.filter(({ sk }) => sk !== profileSortKey);
  }

  async #query(user: UserId, KeyConditionExpression: string, values: object): Promise<readonly Item[]> {
    const pages = paginateQuery(
      { client: this.#client },
      {
        TableName: this.#table,
        KeyConditionExpression,
        ExpressionAttributeValues: { ":pk": profilePartition(user), ...values },
        ConsistentRead: true,
      },
    )[Symbol.asyncIterator]();
    const found: Item[] = [];
    for (;;) {
      const { value, done } = await answerOf(this.#table, "Query of a profile", pages.next());
      if (done) return found;
      found.push(...(value.Items ?? []));
    }
  }
}

const isBare = ({ base, runs }: Layers): boolean => base === undefined && runs.length === 0;

/** What a run of the same epoch has written is the same; a later epoch's means that this run is late. */
function expectWrittenIn(epoch: EpochNumber, stored: Item): void {
  const written = numberOf(stored, "epoch") as EpochNumber;
  if (written !== epoch) throw new StaleEpochError("a profile", epoch, written);
}

const isOlder = (epoch: EpochNumber): Condition => ({
  ConditionExpression: "attribute_not_exists(pk) OR #epoch < :epoch",
  ExpressionAttributeNames: { "#epoch": "epoch" },
  ExpressionAttributeValues: { ":epoch": epoch },
});

function isStillAt(epochRead: EpochNumber | undefined): Condition {
  if (epochRead === undefined) return { ConditionExpression: "attribute_not_exists(pk)" };
  return {
    ConditionExpression: "#epoch = :epochRead",
    ExpressionAttributeNames: { "#epoch": "epoch" },
    ExpressionAttributeValues: { ":epochRead": epochRead },
  };
}
