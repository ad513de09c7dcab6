import { viewPlay } from "#src/wire/chart-view.ts";
import { decodeRecent, recentKey } from "#src/wire/recent-codec.ts";
import type { ApiDeps, ApiRequest } from "../api-request.ts";
import { type Answer, isoTime, json, parseLimit } from "../http-answer.ts";

/** `GET /plays/recent`: a sample of the newest plays, newest first. */
export async function getRecentPlays(deps: ApiDeps, { query }: ApiRequest): Promise<Answer> {
  const limit = parseLimit("limit", query["limit"], 50, 100);
  const publication = await deps.publications.read(recentKey);
  const plays = publication === undefined ? [] : decodeRecent(publication.body);
  return json(200, {
    epoch: publication?.epoch ?? 0,
    plays: plays.slice(0, limit).map((play) => {
      const view = viewPlay(play);
      return { ...view, started_at: isoTime(view.started_at) };
    }),
  });
}
