import { expect } from "vitest";
import type { DevProcess } from "./earworm-process.ts";
import type { Producer } from "./producer.ts";
import { type Recount, ranked, recount } from "./recount.ts";
import { until } from "./until.ts";

/** How long it may take until everything is counted. */
const countedMs = 30_000;
/** And in profiles, which have a tick of their own. */
const profileMs = 20_000;

interface Stats {
  readonly plays: number;
  readonly duplicates: number;
  readonly rejects: number;
  readonly lag_plays: number;
}

async function get<T>({ url }: DevProcess, path: string): Promise<T> {
  const answer = await fetch(`${url}${path}`);
  expect(answer.status).toBe(200);
  return answer.json() as Promise<T>;
}

type Listener = Recount["listeners"] extends ReadonlyMap<string, infer Value> ? Value : never;

interface ChartEntry {
  readonly id: string;
  readonly plays: number;
  readonly listened_ms: number;
}

/** Waits until as many plays are counted as were sent, and compares totals, charts and profiles with a recount of what was sent. */
export async function expectExactCounts(dev: DevProcess, { sent, repeated }: Producer): Promise<void> {
  const expected = recount(sent);
  const isAllCounted = async () => {
    const { plays, duplicates } = await get<Stats>(dev, "/stats");
    return plays >= sent.length && duplicates >= repeated;
  };
  await until("everything counted", isAllCounted, countedMs).catch(() => undefined);

  const stats = await get<Stats>(dev, "/stats");
  expect(stats).toMatchObject({ plays: sent.length, rejects: 0, lag_plays: 0 });
  expect(stats.duplicates).toBeGreaterThanOrEqual(repeated); // and those whose answer was lost
  for (const list of ["songs", "artists"] as const) {
    for (const window of windowsOf(sent)) {
      const path = `/charts/${list}?window=${window}&limit=500`;
      const { entries } = await get<{ entries: ChartEntry[] }>(dev, path);
      const totals = entries.map(({ id, plays, listened_ms }) => [id, plays, listened_ms]);
      expect(totals).toEqual(chartOf(expected[list]));
    }
  }
  for (const [id, listener] of expected.listeners)
    await expect
      .poll(() => get(dev, `/users/${id}`), { timeout: profileMs })
      .toMatchObject(profileOf(listener));
}

/** The windows that hold all of the plays. */
function windowsOf(sent: readonly string[]): readonly string[] {
  const days = new Set(sent.map((json) => Math.floor(JSON.parse(json).started_at / 86_400_000)));
  return days.size === 1 && days.has(Math.floor(Date.now() / 86_400_000)) ? ["all", "day"] : ["all"];
}

const profileOf = ({ plays, listenedMs, heard, artists }: Listener) => ({
  ...{ plays, listened_ms: listenedMs, tracks_heard: heard.size, cut: false, artists_total: artists.size },
  favourite_artist: ranked(artists)[0] ?? null,
  artists: ranked(artists)
    .slice(0, 20)
    .map((name) => ({ name, plays: artists.get(name)?.plays })),
});

const chartOf = (tallies: Recount["songs"]): (string | number | undefined)[][] =>
  ranked(tallies).map((id) => [id, tallies.get(id)?.plays, tallies.get(id)?.listenedMs]);
