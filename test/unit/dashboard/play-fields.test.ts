import { hash } from "node:crypto";
import { expect, test } from "vitest";
import type { EpochMs } from "#src/domain/play.ts";
import { parsePlay } from "#src/wire/play-codec.ts";
import { noTexts, playFields, playOf } from "../../../dashboard/lib/play-fields.ts";

const startedAt = Date.parse("2026-11-27T08:00:00Z");
const parse = (play: object) =>
  parsePlay(JSON.stringify(play), startedAt as EpochMs, (text) => hash("sha256", text, "hex"));

test("a play with every field is one that the server takes", () => {
  const texts = {
    ...{ artist: " Coldplay ", title: "Yellow", listener: "me", heard: "30.5", length: "266", rating: "4.5" },
    ...{ genre: "Rock", mood: "calm", platform: "Spotify", country: "GB" },
  };

  const play = playOf(texts, startedAt, "e-1");

  expect(play).toEqual({
    event_id: "e-1",
    user_id: "me",
    track: { artist: "Coldplay", title: "Yellow", genre: "Rock", duration_ms: 266_000 },
    started_at: startedAt,
    client: "dashboard",
    ms_played: 30_500,
    rating: 4.5,
    mood: "calm",
    platform: "Spotify",
    geo: { country: "GB" },
  });
  expect(parse(play).ok).toBe(true);
});

test("what is left empty is left out", () => {
  const play = playOf({ ...noTexts, artist: "Coldplay", title: "Yellow", heard: "" }, startedAt, "e-1");

  expect(Object.keys(play).sort()).toEqual(["client", "event_id", "started_at", "track", "user_id"]);
  expect(parse(play).ok).toBe(true);
});

test.each([
  ["artist", ""],
  ["title", ""],
  ["listener", ""],
  ["heard", "long"],
  ["length", "-1"],
  ["rating", "6"],
  ["genre", "x".repeat(65)],
  ["mood", "x".repeat(65)],
  ["platform", "x".repeat(65)],
  ["country", "Atlantis"],
] as const)("the server's reason against %s %j is shown at its field", (name, text) => {
  const answer = parse(
    playOf({ ...noTexts, artist: "Coldplay", title: "Yellow", [name]: text }, startedAt, "e-1"),
  );

  const named = answer.ok ? "" : answer.error.field;
  expect(playFields.find(({ wireNames }) => wireNames.includes(named))?.name).toBe(name);
});
