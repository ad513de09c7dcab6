import { expect } from "vitest";
import { artistKey, type CounterKey, songKey } from "#src/domain/counter.ts";
import type { ArtistName, TrackId } from "#src/domain/play.ts";
import { type Recount, recount } from "#test/support/recount.ts";
import type { DeployedSystem } from "./deployed-system.ts";
import { eventually } from "./eventually.ts";

interface Figures {
  readonly key: string;
  readonly plays: number;
  readonly listenedMs: number;
  readonly firstPlayedAt: number | undefined;
}

/**
 * Waits until the deployed totals of every song and artist in `texts` are those of an independent recount, and
 * committed.
 *
 * @param texts plays as JSON, all there ever were of their songs and artists
 * @returns the recount
 */
export async function expectRecount(system: DeployedSystem, texts: readonly string[]): Promise<Recount> {
  const wanted = recount(texts);
  const expected = [
    ...figuresOf(wanted.songs, (id) => songKey(id as TrackId)),
    ...figuresOf(wanted.artists, (name) => artistKey(name as ArtistName)),
  ];
  const keys = expected.map(({ key }) => key as CounterKey);
  const total = (figures: readonly Figures[]): number => figures.reduce((sum, { plays }) => sum + plays, 0);
  const actual = await eventually(`${total(expected)} plays in ${keys.length} totals`, async () => {
    const read = (await system.counters.read(keys)).map(({ key, totals }) => ({
      ...{ key: key as string, plays: totals.plays, listenedMs: totals.listenedMs },
      firstPlayedAt: totals.firstPlayedAt as number | undefined,
    }));
    return total(read) >= total(expected) && read;
  });
  expect(actual).toEqual(expected);
  await system.settled();
  return wanted;
}

function figuresOf(tallies: Recount["songs"], keyOf: (id: string) => CounterKey): Figures[] {
  return [...tallies].map(([id, { plays, listenedMs, first }]) => ({
    ...{ key: keyOf(id), plays, listenedMs },
    firstPlayedAt: plays > 0 ? first : undefined,
  }));
}
