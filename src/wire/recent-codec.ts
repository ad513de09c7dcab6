import type { Play } from "../domain/play.ts";
import type { PublicationKey } from "../domain/publication-key.ts";
import { encodePlay } from "./play-codec.ts";
import { check, readPublication } from "./publication-body.ts";
import { decodeStoredPlay } from "./stored-play.ts";

export const recentKey = "RECENT" as PublicationKey;

/** The plays, newest first, each as the play codec writes it. */
export function encodeRecent(plays: readonly Play[]): string {
  return `{"plays":[${plays.map(encodePlay).join(",")}]}`;
}

/** @throws CorruptStoreError */
export function decodeRecent(body: string): readonly Play[] {
  return readPublication(recentKey, body, (json) => {
    const plays = json["plays"];
    check(Array.isArray(plays), "plays", plays);
    return plays.map((play) => decodeStoredPlay(JSON.stringify(play)));
  });
}
