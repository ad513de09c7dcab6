import { chartSize } from "#src/domain/chart.ts";
import { type ChartWindow, chartWindows } from "#src/domain/windows.ts";
import { chartKey, decodeChart } from "#src/wire/chart-codec.ts";
import { viewChart } from "#src/wire/chart-view.ts";
import { publicLists } from "#src/wire/push-protocol.ts";
import type { ApiDeps, ApiRequest } from "../api-request.ts";
import { latestCommitted } from "../committed-epoch.ts";
import { type Answer, badParameter, isoTime, json, parseLimit } from "../http-answer.ts";

const defaultLimit = 50;

/** `GET /charts/{list}`: a chart of the window instance that is current at the last committed epoch. */
export async function getChart(deps: ApiDeps, request: ApiRequest): Promise<Answer> {
  const list = publicLists.find((name) => name === request.parameter);
  if (list === undefined) {
    throw badParameter("list", `list is one of ${publicLists.join(", ")}, not "${request.parameter}"`);
  }
  const window = parseWindow(request.query["window"]);
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

function parseWindow(raw = "hot"): ChartWindow {
  const window = chartWindows.find((name) => name === raw);
  if (window !== undefined) return window;
  throw badParameter("window", `window is one of ${chartWindows.join(", ")}, not "${raw}"`);
}
