import { expect, test } from "vitest";
import type { DevProcess } from "#test/support/earworm-process.ts";
import { askApi } from "./harness/api.ts";
import { ChartOnPage } from "./harness/chart-on-page.ts";
import { describeBrowser } from "./harness/describe-browser.ts";
import { justHeard, playsOf, putAndCount, putPlays } from "./harness/kinesis-sender.ts";
import { patience } from "./harness/patience.ts";

/** More songs of one genre than are counted apart. */
const manySongs = 70;

interface ApproximateChart {
  readonly plays: number;
  readonly entries: readonly { readonly title: string; readonly plays: number; readonly error: number }[];
}

const askRock = ({ url }: DevProcess): Promise<ApproximateChart> =>
  askApi(url, "/charts/songs?by=genre&value=Rock");

/** Charts by value come out with an epoch, and seldom: another play makes for another epoch. */
async function rockPlaysAfterAnother(server: DevProcess): Promise<number> {
  await putPlays(server, playsOf("Of no genre", 1));
  return (await askRock(server)).plays;
}

describeBrowser("the page's", ({ start, open }) => {
  test("genre shows its songs, and by how much each count may be too high", async () => {
    const server = await start(["--shards", "1", "--tick", "500"]);
    const rock = (title: string, count: number) =>
      playsOf(title, count).map((play) => ({ ...play, track: { ...play.track, genre: "Rock" } }));
    await putPlays(server, rock("Anthem", 9));
    await putPlays(server, Array.from({ length: manySongs }, (_, i) => rock(`Song ${i}`, 1)).flat());
    await expect.poll(() => rockPlaysAfterAnother(server), patience).toBe(manySongs + 9);
    await putPlays(server, rock("Latecomer", 3)); // has to share a counter
    await expect.poll(() => rockPlaysAfterAnother(server), patience).toBe(manySongs + 12);
    const { page } = await open(server.url);

    await page.getByRole("list", { name: "Genres" }).getByRole("link", { name: "Rock" }).click();

    const drawer = page.getByRole("dialog", { name: "Rock" });
    await drawer.getByText("Approximate.").waitFor();
    expect(new URL(page.url()).search).toBe("?by=genre&value=Rock");
    await expect.poll(() => drawer.getByText("A count may be too high").isVisible(), patience).toBe(true);
    const chart = await askRock(server);
    expect(chart.entries[0]).toMatchObject({ title: "Anthem", plays: 9, error: 0 });
    expect(chart.entries[1]).toMatchObject({ title: "Latecomer", plays: 4, error: 1 });
    const rows = await drawer
      .getByRole("listitem")
      .evaluateAll((items) =>
        items.map((item) => [".name", ".score"].map((part) => item.querySelector(part)?.textContent)),
      );
    expect(rows).toEqual(
      chart.entries.map(({ title, plays, error }) => [title, error > 0 ? `${plays} −${error}` : `${plays}`]),
    );
  });

  test("song shows its ranks and where listeners leave it", async () => {
    const server = await start();
    const track = { id: "alpha", title: "Alpha", artist: "The Alphas", durationMs: 200_000 };
    const heard = [40_000, 90_000, 150_000, 200_000];
    const plays = heard.map((msPlayed, i) =>
      justHeard({ userId: `u${i}`, track, msPlayed, rating: i + 1, startedAt: Date.now() - 60_000 }),
    );
    await putAndCount(server, [...plays, ...playsOf("Beta", 5)]);
    const { page } = await open(server.url);

    await new ChartOnPage(page).row("Alpha").getByRole("link").click();

    const drawer = page.getByRole("dialog", { name: "Alpha" });
    await drawer.getByText("The Alphas").waitFor();
    const ranks = drawer.getByRole("region", { name: "Ranks" });
    for (const name of ["Hot", "Today", "Week", "All time"]) {
      const figure = ranks.locator("dl > div").filter({ has: page.getByText(name, { exact: true }) });
      expect(await figure.locator("dd").first().innerText()).toBe("#2");
    }
    const totals = drawer.getByRole("region", { name: "Totals" });
    expect(await totals.innerText()).toMatch(/Plays\s+4\s/);
    expect(await totals.innerText()).toContain("2.5 ★");
    await drawer.getByText("50 % of 4 plays reach the middle, 25 % the end.").waitFor();
    await drawer.getByRole("img", { name: /^Plays by the hour in the last .*; 4 at most$/ }).waitFor();
    await drawer.getByRole("button", { name: "Close" }).click();
    await drawer.waitFor({ state: "detached" });
    expect(new URL(page.url()).search).toBe("");
  });

  test("listener shows what they play, and what to hear next and why", async () => {
    const server = await start();
    const own = justHeard({ userId: "ann", track: { id: "own", title: "Own", artist: "The Owns" } });
    await putAndCount(server, [own, ...playsOf("Alpha", 4), ...playsOf("Beta", 3)]);
    const { page } = await open(server.url);

    await page.getByRole("navigation").getByRole("link", { name: "Listener" }).click();
    await page.getByRole("searchbox", { name: "Listener" }).fill("ann");
    await page.keyboard.press("Enter");

    await page.getByRole("heading", { name: "ann" }).waitFor();
    expect(await page.getByRole("list", { name: "Favourite artists" }).innerText()).toContain("The Owns");
    expect(await page.getByRole("list", { name: "Just heard" }).innerText()).toContain("Own");
    const picks = page.getByRole("list", { name: "To hear next" }).getByRole("listitem");
    await expect.poll(() => picks.count(), patience).toBe(2);
    expect(await picks.nth(0).innerText()).toMatch(/Alpha.*#1 of what is hot now/s);
    expect(await picks.nth(1).innerText()).toMatch(/Beta.*#2 of what is hot now/s);
    expect(new URL(page.url()).search).toBe("?listener=ann");
  });

  test("song and listener that nobody knows are said to be unknown", async () => {
    const server = await start();
    const { page } = await open(`${server.url}/?song=nobody-played-it`, { expected: [/status of 404/] });

    const note = page.getByRole("dialog").getByRole("alert");
    expect(await note.innerText()).toContain("The song could not be had");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });

    await page.goto(`${server.url}/?listener=nobody`);
    await page.getByText("No play of this listener is counted yet.").waitFor();
  });
});
