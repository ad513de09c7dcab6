/** What the HTTP API answers at a path, e.g. `/stats`. */
export async function askApi<T>(url: string, path: string): Promise<T> {
  const answer = await fetch(`${url}${path}`);
  if (!answer.ok) throw new Error(`${path}: the API answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

export interface ApiEntry {
  readonly rank: number;
  readonly id: string;
  readonly title: string;
  readonly artist: string;
  readonly plays: number;
}

/** `GET /charts/{list}?window=`. */
export const askChart = (url: string, list: string, window: string): Promise<{ entries: ApiEntry[] }> =>
  askApi(url, `/charts/${list}?window=${window}&limit=15`);

/** All accepted plays that are committed. */
export const countedPlays = async (url: string): Promise<number> =>
  (await askApi<{ plays: number }>(url, "/stats")).plays;

/** A chart that counts plays, as its rows on the page read: rank, name, artist, plays. */
export async function askRows(url: string, list: string, window: string): Promise<readonly string[][]> {
  const { entries } = await askChart(url, list, window);
  return entries.map(({ rank, title, artist, plays }) => [
    String(rank),
    title === "" ? artist : title,
    title === "" ? "" : artist,
    plays.toLocaleString("en"),
  ]);
}
