import { parse } from "csv-parse/sync";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Play } from "#src/domain/play.ts";
import type { DevProcess } from "#test/support/earworm-process.ts";
import { ChartOnPage } from "./harness/chart-on-page.ts";
import { describeBrowser } from "./harness/describe-browser.ts";
import { downloaded } from "./harness/downloaded.ts";
import { justHeard, putAndCount } from "./harness/kinesis-sender.ts";
import { patience } from "./harness/patience.ts";
import { PlaysOnPage } from "./harness/plays-on-page.ts";

const count = 18;
const genres = ["Rock", "Jazz", undefined];
const platforms = ["ios", "web"];
const countries = ["GB", "DE", "JP", undefined];
const cities = ["Leeds", "Ulm", "Kobe", undefined];
const moods = ["calm", undefined, "happy", "calm", "sad"];
const ratings = [undefined, 1, 2, 3, 4, 5];
const lengthsMs = [200_000, 240_000, undefined, 300_000];
const seconds = [20, 45, 190, 170];

/** Plays that differ in all that a filter or a column is about; each has a title and a second of its own. */
function variedPlays(): readonly Play[] {
  const now = Date.now();
  const of = <T>(values: readonly T[], i: number) => values[i % values.length];
  return Array.from({ length: count }, (_, i) => {
    const [genre, durationMs, mood, rating, country, city, platform] = [
      ...[of(genres, i), of(lengthsMs, i), of(moods, i), of(ratings, i), of(countries, i), of(cities, i)],
      of(platforms, i),
    ] as const;
    return justHeard({
      userId: `listener-${i}`,
      startedAt: now - i * 1000,
      msPlayed: (of(seconds, Math.floor(i / 2)) ?? 0) * 1000,
      track: {
        ...{ id: `song-${i}`, artist: i % 4 === 0 ? "The Alphas" : `Band ${i % 3}` },
        title: i === 5 ? "=1+1" : `Title ${String.fromCharCode(65 + ((i * 5) % count))}`,
        ...(genre !== undefined && { genre }),
        ...(durationMs !== undefined && { durationMs }),
      },
      ...(mood !== undefined && { mood }),
      ...(rating !== undefined && { rating }),
      ...(platform !== undefined && { platform }),
      geo: { ...(country !== undefined && { country }), ...(city !== undefined && { city }) },
    });
  });
}

const pctOf = ({ msPlayed, track: { durationMs } }: Play): number | undefined =>
  msPlayed === undefined || durationMs === undefined ? undefined : Math.min(1, msPlayed / durationMs);
const isCompleted = (play: Play): boolean => (pctOf(play) ?? 0) >= 0.8;
const isSkipped = (play: Play): boolean => (pctOf(play) ?? 1) < 0.8;
const titlesOf = (plays: readonly Play[]): string[] => plays.map(({ track }) => track.title ?? "");

/** What each column is sorted by, as it was put. */
const columns: readonly {
  readonly name: string;
  readonly of: (play: Play) => string | number | undefined;
}[] = [
  { name: "Title", of: ({ track }) => track.title },
  { name: "Artist", of: ({ track }) => track.artist },
  { name: "Genre", of: ({ track }) => track.genre },
  { name: "Platform", of: ({ platform }) => platform },
  { name: "City", of: ({ geo }) => geo?.city },
  { name: "Country", of: ({ geo }) => geo?.country },
  { name: "Mood", of: ({ mood }) => mood },
  { name: "Length", of: ({ track }) => track.durationMs },
  { name: "Position", of: ({ msPlayed }) => msPlayed },
  { name: "Listened", of: pctOf },
  { name: "Completed", of: (play) => Number(isCompleted(play)) },
  { name: "Skipped", of: (play) => Number(isSkipped(play)) },
  { name: "Rating", of: ({ rating }) => rating },
  { name: "When", of: ({ startedAt }) => startedAt },
];

/** What says nothing comes last either way; what is alike stands newest first. */
function sorted(
  plays: readonly Play[],
  of: (play: Play) => string | number | undefined,
  sign: 1 | -1,
): Play[] {
  return plays.toSorted((a, b) => {
    const [left, right] = [of(a), of(b)];
    const newest = b.startedAt - a.startedAt;
    if (left === undefined || right === undefined)
      return Number(left === undefined) - Number(right === undefined) || newest;
    const isLess = typeof left === "string" ? left.localeCompare(String(right), "en") : left - Number(right);
    return sign * isLess || newest;
  });
}

describeBrowser("the table of plays", ({ start, open }) => {
  /** Puts the plays and opens the page once all of them are in its feed. */
  async function openWith(plays: readonly Play[], query = ""): Promise<{ server: DevProcess; page: Page }> {
    const server = await start();
    await putAndCount(server, plays);
    const { page } = await open(`${server.url}/${query}`);
    return { server, page };
  }

  test("shows what a filter asks for, each alone and together", async () => {
    const plays = variedPlays();
    const { page } = await openWith(plays);
    const table = new PlaysOnPage(page);
    await expect.poll(() => table.titles(), patience).toEqual(titlesOf(plays));
    const filters: readonly [string, string, (play: Play) => boolean][] = [
      ["Artist", "alph", ({ track }) => track.artist === "The Alphas"],
      ["Genre", "Rock", ({ track }) => track.genre === "Rock"],
      ["Platform", "web", ({ platform }) => platform === "web"],
      ["Country", "Japan", ({ geo }) => geo?.country === "JP"],
      ["Mood", "calm", ({ mood }) => mood === "calm"],
      ["Rating", "from 3 ★", ({ rating = 0 }) => rating >= 3],
      ["Skipped", "yes", isSkipped],
      ["Skipped", "no", (play) => !isSkipped(play)],
      ["Completed", "yes", isCompleted],
    ];
    for (const [name, wanted, matches] of filters) {
      const expected = titlesOf(plays.filter(matches));
      expect(expected.length).toBeGreaterThan(0);
      expect(expected.length).toBeLessThan(count);

      await table.filter(name, wanted);

      await expect.poll(() => table.titles(), patience).toEqual(expected);
      await table.clearFilters();
      await expect.poll(() => table.titles(), patience).toHaveLength(count);
    }

    await table.filter("Platform", "ios");
    await table.filter("Rating", "from 1 ★");
    await table.filter("Artist", "BAND");

    const all = plays.filter(
      ({ platform, rating = 0, track }) =>
        platform === "ios" && rating >= 1 && track.artist.startsWith("Band"),
    );
    await expect.poll(() => table.titles(), patience).toEqual(titlesOf(all));
    await table.filter("Artist", "nobody");
    await page.getByText("No play is like that.").waitFor();
    expect(await table.titles()).toEqual([]);
    await table.clearFilters();
    await expect.poll(() => table.titles(), patience).toEqual(titlesOf(plays));
  });

  test("sorts by every column, both ways", async () => {
    const plays = variedPlays();
    const { page } = await openWith(plays);
    const table = new PlaysOnPage(page);
    await expect.poll(() => table.titles(), patience).toHaveLength(count);
    for (const { name, of } of columns) {
      for (let click = 0; click < 2; click++) {
        const direction = await table.sortBy(name);

        const expected = titlesOf(sorted(plays, of, direction === "ascending" ? 1 : -1));
        await expect.poll(() => table.titles(), patience).toEqual(expected);
      }
    }
  });

  test("keeps filter and order in the address, for another window and for the way back", async () => {
    const plays = variedPlays();
    const { page } = await openWith(plays);
    const table = new PlaysOnPage(page);
    await table.filter("Genre", "Jazz");
    await table.filter("Skipped", "yes");
    await table.sortBy("Artist");
    const wanted = plays.filter((play) => play.track.genre === "Jazz" && isSkipped(play));
    const expected = titlesOf(sorted(wanted, ({ track }) => track.artist, 1));
    expect(expected.length).toBeGreaterThan(1);
    await expect.poll(() => table.titles(), patience).toEqual(expected);

    await page.reload();
    await expect.poll(() => table.titles(), patience).toEqual(expected);

    const { page: second } = await open(page.url());
    await expect.poll(() => new PlaysOnPage(second).titles(), patience).toEqual(expected);
    expect(await new PlaysOnPage(second).filterValue("Genre")).toBe("Jazz");

    const address = page.url();
    await page.getByRole("link", { name: "Add a play" }).click();
    await page.getByRole("button", { name: "Add play" }).waitFor();
    await page.goBack();
    await expect.poll(() => table.titles(), patience).toEqual(expected);
    expect(page.url()).toBe(address);
    await page.goForward();
    await page.getByRole("button", { name: "Add play" }).waitFor();
  });

  test("goes out as CSV and JSON as it is shown, and no title becomes a formula", async () => {
    const plays = variedPlays();
    const { page } = await openWith(plays, "?platform=web&sort=title.asc");
    const table = new PlaysOnPage(page);
    const shown = sorted(
      plays.filter(({ platform }) => platform === "web"),
      ({ track }) => track.title,
      1,
    );
    await expect.poll(() => table.titles(), patience).toEqual(titlesOf(shown));

    const csv = await downloaded(page, "Export plays as CSV");
    const json = await downloaded(page, "Export plays as JSON");

    expect(csv.name).toBe("earworm-plays.csv");
    const rows = parse(csv.text, { columns: true }) as Record<string, string>[];
    expect(rows.map(({ title }) => title)).toEqual(titlesOf(shown).map((title) => title.replace(/^=/, "'=")));
    expect(titlesOf(shown)).toContain("=1+1");
    expect(rows.map(({ rating }) => rating)).toEqual(shown.map(({ rating = "" }) => String(rating)));
    expect(json.name).toBe("earworm-plays.json");
    const objects = JSON.parse(json.text) as Record<string, unknown>[];
    expect(objects.map(({ title }) => title)).toEqual(titlesOf(shown));
    expect(objects.map(({ when }) => when)).toEqual(
      shown.map(({ startedAt }) => new Date(startedAt).toISOString()),
    );
  });

  test("and a chart go out with the same rows, too", async () => {
    const { page } = await openWith(variedPlays());
    const today = new ChartOnPage(page, "right");
    const counted = variedPlays().filter(({ msPlayed = 0 }) => msPlayed >= 30_000).length;
    await expect.poll(() => today.rows(), patience).toHaveLength(counted);
    const shown = (await today.rows()).map(([rank, title, artist, plays]) => ({
      rank,
      title,
      artist,
      plays,
    }));

    const csv = await downloaded(page, "Export Today as CSV");
    const json = await downloaded(page, "Export Today as JSON");

    const rows = parse(csv.text, { columns: true }) as Record<string, string>[];
    expect(rows.map(({ rank, title, artist, plays }) => ({ rank, title, artist, plays }))).toEqual(
      shown.map((row) => ({ ...row, title: row.title?.replace(/^=/, "'=") })),
    );
    const objects = JSON.parse(json.text) as Record<string, unknown>[];
    expect(
      objects.map(({ rank, title, artist, plays }) => ({
        rank: `${rank}`,
        title,
        artist,
        plays: `${plays}`,
      })),
    ).toEqual(shown);
  });
});
