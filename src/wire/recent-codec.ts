import type { EpochNumber } from "../domain/epoch.ts";
import type { EpochMs } from "../domain/play.ts";
import type { PublicationKey } from "../domain/publication-key.ts";
import type { RecentFeed, RecentPlay } from "../domain/recent-feed.ts";
import { isObject, type JsonObject } from "./json.ts";
import { encodePlay } from "./play-codec.ts";
import { check, checkCount, checkText, readPublication } from "./publication-body.ts";
import { decodeStoredPlay } from "./stored-play.ts";

export const recentKey = "RECENT" as PublicationKey;

/** The feed, each play as the play codec writes it. */
export function encodeRecent({ plays, rewrittenIn }: RecentFeed): string {
  const entries = plays.map(
    ({ key, epoch, arrivedAt, play }) =>
      `{"key":${JSON.stringify(key)},"epoch":${epoch},"arrived_at":${arrivedAt},"play":${encodePlay(play)}}`,
  );
  return `{"rewritten_in":${rewrittenIn},"entries":[${entries.join(",")}]}`;
}

/** @throws CorruptStoreError */
export function decodeRecent(body: string): RecentFeed {
  return readPublication(recentKey, body, (json) => {
    if (json["entries"] === undefined) return { plays: earlierPlays(json), rewrittenIn: 0 };
    const { entries } = json;
    check(Array.isArray(entries), "entries", entries);
    return {
      plays: entries.map(decodeEntry),
      rewrittenIn: checkCount("rewritten_in", json["rewritten_in"]) as EpochNumber | 0,
    };
  });
}

function decodeEntry(entry: unknown): RecentPlay {
  check(isObject(entry), "entry", entry);
  return {
    key: checkText("key", entry["key"]),
    epoch: checkCount("epoch", entry["epoch"]) as EpochNumber,
    arrivedAt: checkCount("arrived_at", entry["arrived_at"]) as EpochMs,
    play: decodeStoredPlay(JSON.stringify(entry["play"])),
  };
}

/** The plays of a feed that an earlier Earworm published, without keys and arrival times. */
function earlierPlays(json: JsonObject): readonly RecentPlay[] {
  const plays = json["plays"];
  check(Array.isArray(plays), "plays", plays);
  return plays.map((json, n) => {
    const play = decodeStoredPlay(JSON.stringify(json));
    return { key: `0-${n}`, epoch: 0 as EpochNumber, arrivedAt: play.startedAt, play };
  });
}
