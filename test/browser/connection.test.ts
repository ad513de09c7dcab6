import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { askRows, countedPlays } from "./harness/api.ts";
import { ChartOnPage, connectionText, totalOf } from "./harness/chart-on-page.ts";
import { describeBrowser } from "./harness/describe-browser.ts";
import { playsOf, putAndCount } from "./harness/kinesis-sender.ts";
import { patience } from "./harness/patience.ts";
import { SteadyPlays } from "./harness/steady-plays.ts";

/** What a browser says of a server that is away. */
const away = { expected: [/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket/] };
const handOvers = 3;
/** An hour and a half goes by in five seconds: the client hands over at 0.85 to 0.95 of a connection's life. */
const connectionLife = "6s";
/** Comes with 50 plays/s and a tick of 1 s, also on a machine that has much else to do, ms. */
const longestOnItsWay = 10_000;
const leastSamples = 60;

/** Keeps every text that the connection's state has from now on. */
async function keepStates(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(`(() => {
    const state = document.querySelector("header [role=status]");
    window.seenStates = [state.textContent];
    new MutationObserver(() => window.seenStates.push(state.textContent)).observe(state, {
      childList: true, characterData: true, subtree: true,
    });
  })()`);
  return () => page.evaluate<string[]>("window.seenStates");
}

describeBrowser("the page's connection", ({ start, open }) => {
  test("is found again after the server was killed, and no play is missed or counted twice", async () => {
    const first = await start(["--tick", "200"]);
    const plays = new SteadyPlays(first);
    const watched = await open(`${first.url}/?left=all`, away);
    const { page, sockets } = watched;
    const chart = new ChartOnPage(page);
    await expect.poll(async () => (await chart.rows()).length, patience).toBeGreaterThan(3);
    expect(await connectionText(page)).toBe("Live");

    await first.end("SIGKILL");

    await expect.poll(() => connectionText(page), patience).toBe("Reconnecting");
    await page.getByText("The server has been silent since").waitFor();
    const ports = ["--port", new URL(first.url).port, "--kinesis-port", new URL(first.kinesisUrl).port];
    const second = await start(["--tick", "200", ...ports]);
    plays.redirect(second);
    await expect.poll(() => connectionText(page), { ...patience, timeout: 40_000 }).toBe("Live");
    await page.getByText("The server has been silent since").waitFor({ state: "detached" });
    await plays.finish();
    const sent = plays.acknowledged.length;
    await expect.poll(() => countedPlays(second.url), patience).toBe(sent);

    await expect.poll(() => totalOf(page, "Plays"), patience).toBe(sent.toLocaleString("en"));
    const rows = await askRows(second.url, "songs", "all");
    await expect.poll(() => chart.rows(), patience).toEqual(rows);
    expect(rows.reduce((sum, [, , , count]) => sum + Number(count?.replaceAll(",", "")), 0)).toBe(sent);
    const asked = sockets
      .at(-1)
      ?.sent.find((each) => each.action === "subscribe" && each.channel === "songs.all");
    expect(asked).toMatchObject({ since: { log: expect.stringContaining("/"), seq: expect.any(Number) } });
  });

  test("is handed over before the server ends it, and nobody notices", async () => {
    const server = await start(["--tick", "200", "--connection-life", connectionLife]);
    const plays = new SteadyPlays(server);
    const { page, sockets } = await open(`${server.url}/?left=all`);
    const chart = new ChartOnPage(page);
    await expect.poll(() => connectionText(page), patience).toBe("Live");
    const seenStates = await keepStates(page);

    await expect.poll(() => sockets.length, { ...patience, timeout: 45_000 }).toBeGreaterThan(handOvers);
    await plays.finish();

    const sent = plays.acknowledged.length;
    await expect.poll(() => totalOf(page, "Plays"), patience).toBe(sent.toLocaleString("en"));
    await expect.poll(() => chart.rows(), patience).toEqual(await askRows(server.url, "songs", "all"));
    expect(await seenStates()).toEqual(["Live"]);
  });

  test("shows that something is on its way while the server does not answer", async () => {
    const server = await start();
    await putAndCount(server, playsOf("Alpha", 2));
    const { page } = await open(server.url);
    const chart = new ChartOnPage(page);
    await expect.poll(() => chart.names(), patience).toEqual(["Alpha"]);

    server.signal("SIGSTOP");
    await chart.show("Week");
    await page.getByRole("img", { name: "Loading This week" }).waitFor();
    server.signal("SIGCONT");

    await expect.poll(() => chart.names(), patience).toEqual(["Alpha"]);
    expect(await chart.title()).toBe("This week");
  });

  test("says how long plays take to get on screen", async () => {
    const { url } = await start(["--simulate", "50", "--tick", "1000"]);
    const { page } = await open(url);
    const figure = page.locator("header .latency");
    const samples = async (): Promise<number> =>
      Number(/last (\d+) plays/.exec((await figure.getAttribute("title")) ?? "")?.[1]);
    await expect.poll(samples, { ...patience, timeout: 40_000 }).toBeGreaterThanOrEqual(leastSamples);

    const text = await figure.innerText();

    console.info(`50 plays/s, a tick of 1 s: ${text}, of ${await samples()} plays`);
    const delays = [...text.matchAll(/([\d.]+) (ms|s)\b/g)].map(
      ([, value, unit]) => Number(value) * (unit === "s" ? 1000 : 1),
    );
    expect(delays).toHaveLength(2);
    for (const delay of delays) {
      expect(delay).toBeGreaterThan(0);
      expect(delay).toBeLessThan(longestOnItsWay);
    }
  });
});
