import { type Dimension, dimensions } from "#src/domain/counter.ts";
import { DimensionTops, monitoredSongs } from "#src/domain/dimension-tops.ts";
import { startOfDay } from "#src/domain/windows.ts";
import { decodeTops, topsKey } from "#src/wire/tops-codec.ts";
import type { ApiDeps, ApiRequest } from "../api-request.ts";
import { latestCommitted } from "../committed-epoch.ts";
import { type Answer, badParameter, isoTime, json, parseLimit } from "../http-answer.ts";

/** Whether a request for a chart asks for the songs of one value of a dimension. */
export const asksForValue = ({ query }: ApiRequest): boolean =>
  query["by"] !== undefined || query["value"] !== undefined;

/**
 * `GET /charts/songs?by=genre&value=Rock`: today's songs of a value, estimated. Of each, plays - error <= what it was played
 * since `since` <= plays; no song that is missing was played more often than `error`.
 */
export async function getTopSongs(deps: ApiDeps, { query }: ApiRequest): Promise<Answer> {
  const by = parseDimension(query["by"]);
  const value = query["value"];
  if (value === undefined || value === "")
    throw badParameter("value", `value names a ${by}, such as value=Rock`);
  if ((query["window"] ?? "day") !== "day")
    throw badParameter("window", `the songs of a ${by} are today's: window is day, not "${query["window"]}"`);
  const limit = parseLimit("limit", query["limit"], monitoredSongs, monitoredSongs);

  const key = topsKey(by);
  const [committed, published] = await Promise.all([
    latestCommitted(deps.epochs),
    deps.publications.read(key),
  ]);
  const document = published && decodeTops(key, published.body);
  const today = committed && startOfDay(committed.now);
  // A document of yesterday says nothing of today, and neither does today's in an epoch that is not committed.
  const isToday = document !== undefined && document.day === today;
  const { total, floor, monitored } = new DimensionTops(isToday ? document.tops : undefined).songsOf(value);
  const since = isToday ? document.since : document?.now;
  return json(200, {
    ...{ list: "songs", by, value },
    day: today === undefined ? null : isoTime(today).slice(0, "2026-11-20".length),
    approximate: true,
    as_of: document === undefined ? null : isoTime(document.now),
    since: since === undefined ? null : isoTime(since),
    ...{ plays: total, error: floor, total: monitored.length },
    entries: monitored.slice(0, limit).map(({ id, label, count, error }, index) => ({
      ...{ rank: index + 1, id, title: label.title, artist: label.artist, plays: count, error },
    })),
  });
}

function parseDimension(raw: string | undefined): Dimension {
  const dimension = dimensions.find((name) => name === raw);
  if (dimension !== undefined) return dimension;
  throw badParameter("by", `by is one of ${dimensions.join(", ")}, not "${raw ?? ""}"`);
}
