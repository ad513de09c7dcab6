import { chartSize } from "#src/domain/chart.ts";
import { dimensionWindows, listOfDimension } from "#src/domain/charted-counters.ts";
import { type ChartWindow, chartWindows } from "#src/domain/windows.ts";
import { chartKey, decodeChart } from "#src/wire/chart-codec.ts";
import { viewChart } from "#src/wire/chart-view.ts";
import { publicLists } from "#src/wire/push-protocol.ts";
import type { ApiDeps, ApiRequest } from "../api-request.ts";
import { latestCommitted } from "../committed-epoch.ts";
import { type Answer, badParameter, isoTime, json, parseLimit } from "../http-answer.ts";
import { asksForValue, getTopSongs } from "./top-songs.ts";

const defaultLimit = 50;

const lists = [...publicLists, ...Object.values(listOfDimension)] as const;
type List = (typeof lists)[number];

/** `GET /charts/{list}`: a chart of the window instance that is current at the last committed epoch. */
export async function getChart(deps: ApiDeps, request: ApiRequest): Promise<Answer> {
  const list = lists.find((name) => name === request.parameter);
  if (list === undefined) {
    throw badParameter("list", `list is one of ${lists.join(", ")}, not "${request.parameter}"`);
  }
  if (asksForValue(request)) {
    if (list === "songs") return await getTopSongs(deps, request);
    throw badParameter("by", `only the songs have charts by value, not the ${list}`);
  }
  const window = parseWindow(list, request.query["window"]);
  const limit = parseLimit("limit", request.query["limit"], defaultLimit, chartSize);

  const committed = await latestCommitted(deps.epochs);
  if (committed === undefined) {
    return json(200, {
      list,
      window,
      instance: null,
      log: null,
      seq: 0,
      epoch: 0,
      now: null,
      total: 0,
      entries: [],
    });
  }
  const instance = committed.windows[window];
  const key = chartKey(list, instance);
  const publication = await deps.publications.read(key);
  const chart = publication && decodeChart(publication.body, key);
  const entries = chart === undefined ? [] : viewChart(chart, window, committed.now, limit);
  return json(200, {
    list,
    window,
    instance,
    log: `${committed.storeId}/${instance}`,
    seq: chart?.seq ?? 0,
    epoch: chart?.epoch ?? 0,
    now: isoTime(committed.now),
    total: chart?.entries.length ?? 0,
    entries: entries.map((entry) => ({ ...entry, first_played_at: isoTime(entry.first_played_at) })),
  });
}

function parseWindow(list: List, raw: string | undefined): ChartWindow {
  const isOfTracks = publicLists.some((name) => name === list);
  const windows: readonly ChartWindow[] = isOfTracks ? chartWindows : dimensionWindows;
  const wanted = raw ?? (isOfTracks ? "hot" : "day");
  const window = windows.find((name) => name === wanted);
  if (window !== undefined) return window;
  throw badParameter("window", `window of ${list} is one of ${windows.join(", ")}, not "${wanted}"`);
}
