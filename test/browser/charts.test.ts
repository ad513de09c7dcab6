import { expect, test } from "vitest";
import { askRows } from "./harness/api.ts";
import { ChartOnPage, chooseList, totalOf } from "./harness/chart-on-page.ts";
import { describeBrowser } from "./harness/describe-browser.ts";
import { justHeard, playsOf, putAndCount, putPlays } from "./harness/kinesis-sender.ts";
import { patience } from "./harness/patience.ts";

const ticks = 6;
const playsPerTick = 15;

describeBrowser("a chart of the page", ({ start, open }) => {
  test("follows the plays that are put, and a duplicate only counts as one", async () => {
    const server = await start();
    await putAndCount(server, [...playsOf("Alpha", 3), ...playsOf("Beta", 2)]);
    const { page } = await open(server.url);
    const hot = new ChartOnPage(page, "left");
    const today = new ChartOnPage(page, "right");
    await expect.poll(() => today.names(), patience).toEqual(["Alpha", "Beta"]);
    const overtaking = playsOf("Beta", 2);

    await putPlays(server, overtaking);

    await expect
      .poll(() => today.rows(), patience)
      .toEqual([
        ["1", "Beta", "Artist of Beta", "4"],
        ["2", "Alpha", "Artist of Alpha", "3"],
      ]);
    expect(await today.row("Beta").locator(".move").innerText()).toContain("▲1");
    expect(await today.row("Alpha").locator(".move").innerText()).toContain("▼1");
    await expect.poll(() => hot.names(), patience).toEqual(["Beta", "Alpha"]);

    const rows = await today.rows();
    await expect.poll(() => totalOf(page, "Plays"), patience).toBe("7");
    await putPlays(server, overtaking.slice(0, 1));
    await expect.poll(() => totalOf(page, "Duplicates"), patience).toBe("1");
    expect(await totalOf(page, "Plays")).toBe("7");
    expect(await totalOf(page, "Rejects")).toBe("0");
    expect(await today.rows()).toEqual(rows);
    expect(await hot.names()).toEqual(["Beta", "Alpha"]);
  });

  test("shows what the HTTP API answers, tick by tick, of songs and of artists", async () => {
    const server = await start();
    const { page } = await open(`${server.url}/?left=all`);
    const [all, today] = [new ChartOnPage(page, "left"), new ChartOnPage(page, "right")];
    for (let tick = 0; tick < ticks; tick++) {
      await putAndCount(server, someSongs(tick));

      const expected = await askRows(server.url, "songs", "all");

      expect(expected.length).toBeGreaterThan(3);
      await expect.poll(() => all.rows(), patience).toEqual(expected);
      await expect.poll(() => today.rows(), patience).toEqual(await askRows(server.url, "songs", "day"));
    }

    await chooseList(page, "Artists");

    await expect.poll(() => all.rows(), patience).toEqual(await askRows(server.url, "artists", "all"));
    await expect.poll(() => today.rows(), patience).toEqual(await askRows(server.url, "artists", "day"));
  });

  test("is of the window that is chosen, and of songs or artists", async () => {
    const server = await start();
    await putAndCount(server, [...playsOf("Alpha", 8), ...playsOf("Beta", 1)]);
    const { page } = await open(server.url);
    const chart = new ChartOnPage(page);
    await expect.poll(() => chart.names(), patience).toEqual(["Alpha", "Beta"]);
    const windows = [
      { name: "24 h", title: "Hot, 24 h", address: "hot24" },
      { name: "Hour", title: "This hour", address: "hour" },
      { name: "Today", title: "Today", address: "day" },
      { name: "Week", title: "This week", address: "week" },
      { name: "All", title: "All time", address: "all" },
      { name: "Hot", title: "Hot now", address: null },
    ];
    for (const { name, title, address } of windows) {
      await chart.show(name);

      await expect.poll(() => chart.title(), patience).toBe(title);
      await expect.poll(() => chart.names(), patience).toEqual(["Alpha", "Beta"]);
      expect(new URL(page.url()).searchParams.get("left")).toBe(address);
    }

    await chooseList(page, "Artists");

    await expect.poll(() => chart.names(), patience).toEqual(["Artist of Alpha", "Artist of Beta"]);
  });

  test("says why a song rises", async () => {
    const server = await start();
    await putAndCount(server, [...playsOf("Alpha", 8), ...playsOf("Beta", 4)]);
    const { page } = await open(server.url);
    const chart = new ChartOnPage(page);

    await chart.show("Rising");

    await expect.poll(() => chart.names(), patience).toEqual(["Alpha"]);
    expect(await chart.row("Alpha").innerText()).toMatch(
      /8 plays this hour, \d(\.\d)? expected, about [678] listeners/,
    );
  });
});

/** Fifteen plays of a dozen songs by four artists, others with each tick. */
const someSongs = (tick: number) =>
  Array.from({ length: playsPerTick }, (_, i) => {
    const song = (i * i + tick * (i % 4)) % 12;
    const track = { id: `song-${song}`, title: `Song ${song}`, artist: `Artist ${song % 4}` };
    return justHeard({ userId: `listener-${i}`, track });
  });
