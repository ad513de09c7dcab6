import { expect, test } from "vitest";
import type { ArtistName, EpochMs, TrackId, UserId } from "#src/domain/play.ts";
import type { Profile } from "#src/domain/profile.ts";
import { recommend } from "#src/domain/recommend.ts";

const listener: Profile = {
  userId: "U1" as UserId,
  plays: 2,
  unqualified: 0,
  listenedMs: 0,
  completes: 0,
  skips: 0,
  firstHeardAt: 0 as EpochMs,
  artists: new Map([["Queen" as ArtistName, { plays: 2, firstHeardAt: 0 as EpochMs }]]),
  heard: new Set(["known" as TrackId]),
  ...{ artistsEnd: undefined, heardEnd: undefined },
  recent: [],
};

test("what was heard and what is by the favourite artist is left out, in chart order", () => {
  const songs = [
    { id: "known", artist: "Abba" },
    { id: "s1", artist: "Queen" },
    { id: "s2", artist: "Queensrÿche" },
    { id: "s3", artist: "queen" },
  ];

  const picks = recommend(listener, songs);

  expect(picks.map((song) => song.id)).toEqual(["s2", "s3"]);
});

test("five songs are enough unless asked otherwise", () => {
  const songs = Array.from({ length: 9 }, (_, i) => ({ id: `s${i}`, artist: "Abba" }));

  expect(recommend(listener, songs)).toHaveLength(5);
  expect(recommend(listener, songs, 7)).toHaveLength(7);
});
