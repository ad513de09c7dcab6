import fc from "fast-check";
import { expect, test } from "vitest";
import { HeardLog } from "#src/recount/csv-heard.ts";

const smallNumber = fc.nat({ max: 5 });
const plays = fc.array(
  fc.record({ user: smallNumber, song: smallNumber, artist: smallNumber, at: fc.nat() }),
  {
    minLength: 1,
    maxLength: 60,
  },
);

test("tells of a wanted listener what was heard, however many plays are kept as they are", () => {
  fc.assert(
    fc.property(plays, smallNumber, fc.integer({ min: 1, max: 70 }), (all, wanted, mostRows) => {
      const log = new HeardLog(mostRows);
      for (const { user, song, artist, at } of all) log.add(user, song, artist, at);
      const isWanted = new Uint8Array(6);
      isWanted[wanted] = 1;

      const heard = log.heardBy(isWanted);

      const own = all.filter(({ user }) => user === wanted);
      const artists = new Map<number, { count: number; earliest: number }>();
      heard.artists.forEach((user, artist, count, earliest) => {
        if (user === wanted) artists.set(artist, { count, earliest });
      });
      expect(artists).toEqual(
        new Map(
          own.map(({ artist }) => {
            const ofIt = own.filter((play) => play.artist === artist).map(({ at }) => at);
            return [artist, { count: ofIt.length, earliest: Math.min(...ofIt) }];
          }),
        ),
      );
      for (let song = 0; song <= 5; song++)
        expect(heard.songs.has(wanted, song)).toBe(own.some((play) => play.song === song));
    }),
  );
});

test("keeps every play of several blocks", () => {
  const log = new HeardLog();
  for (let play = 0; play < 150_000; play++) log.add(play % 3, play % 7, play % 5, play);

  let plays = 0;
  log.heardBy(Uint8Array.of(1, 1, 1)).artists.forEach((_user, _artist, count) => {
    plays += count;
  });

  expect(plays).toBe(150_000);
});
