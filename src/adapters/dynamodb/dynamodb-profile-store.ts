import { deflateRawSync } from "node:zlib";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { UserId } from "#src/domain/play.ts";
import type { ProfileStore, ProfileWrite, StoredProfile } from "#src/ports/profile-store.ts";
import { decodeProfile, encodeProfile } from "#src/wire/profile-codec.ts";
import { bytesOf, type Item, inflated, numberOf } from "./item.ts";
import { profileItem, profileSortKey } from "./keys.ts";
import { type Condition, PagedBodies } from "./paged-bodies.ts";
import { mapInFlight, readItems } from "./requests.ts";
import { scanItems } from "./scan-items.ts";

/** Profiles (`USER#<id>` / `PROFILE`), encoded and deflated, with pages where they are large. */
export class DynamoDbProfileStore implements ProfileStore {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;
  readonly #bodies: PagedBodies;

  constructor(client: DynamoDBDocumentClient, countersTable: string) {
    this.#client = client;
    this.#table = countersTable;
    this.#bodies = new PagedBodies(client, countersTable, "profile");
  }

  async read(users: readonly UserId[]): Promise<ReadonlyMap<UserId, StoredProfile>> {
    const mains = await readItems(this.#client, this.#table, [...new Set(users)].map(profileItem));
    const profiles = new Map<UserId, StoredProfile>();
    for (const main of mains) {
      const stored = await this.#withBody(main);
      profiles.set(stored.profile.userId, stored);
    }
    return profiles;
  }

  async *list(): AsyncIterable<StoredProfile> {
    const mains = scanItems(this.#client, this.#table, "profiles", {
      FilterExpression: "sk = :profile",
      ExpressionAttributeValues: { ":profile": profileSortKey },
    });
    for await (const main of mains) yield await this.#withBody(main);
  }

  async write(epoch: EpochNumber, writes: readonly ProfileWrite[]): Promise<readonly UserId[]> {
    const outcomes = await mapInFlight(writes, async (write) => ({
      user: write.profile.userId,
      isWritten: await this.#writeOne(epoch, write),
    }));
    return outcomes.filter(({ isWritten }) => !isWritten).map(({ user }) => user);
  }

  async #withBody(main: Item): Promise<StoredProfile> {
    const item = await this.#bodies.read(main);
    return { profile: decodeProfile(inflated(bytesOf(item))), epoch: numberOf(item, "epoch") as EpochNumber };
  }

  async #writeOne(epoch: EpochNumber, { profile, epochRead }: ProfileWrite): Promise<boolean> {
    const { userId, plays, listenedMs } = profile;
    const main = { ...profileItem(userId), epoch, plays, listened_ms: listenedMs };
    const body = deflateRawSync(encodeProfile(profile));
    const outcome = await this.#bodies.write(main, body, isStillAt(epochRead));
    return outcome.kind === "written";
  }
}

function isStillAt(epochRead: EpochNumber | undefined): Condition {
  if (epochRead === undefined) return { ConditionExpression: "attribute_not_exists(pk)" };
  return {
    ConditionExpression: "#epoch = :epochRead",
    ExpressionAttributeNames: { "#epoch": "epoch" },
    ExpressionAttributeValues: { ":epochRead": epochRead },
  };
}
