import type { RecentPlay } from "#src/domain/recent-feed.ts";
import { decodeRecent, recentKey } from "#src/wire/recent-codec.ts";
import { viewRecent } from "#src/wire/recent-feed.ts";
import type { ApiDeps, ApiRequest } from "../api-request.ts";
import type { Caller } from "../caller.ts";
import { type Answer, isoTime, json, parseLimit } from "../http-answer.ts";

/** `GET /plays/recent`: a sample of the newest plays, newest first. Who heard them only an operator's token shows. */
export async function getRecentPlays(deps: ApiDeps, { query, caller }: ApiRequest): Promise<Answer> {
  const limit = parseLimit("limit", query["limit"], 50, 100);
  const publication = await deps.publications.read(recentKey);
  const plays = publication === undefined ? [] : decodeRecent(publication.body).plays;
  return json(200, {
    epoch: publication?.epoch ?? 0,
    plays: plays.slice(0, limit).map((entry) => viewFor(caller, entry)),
  });
}

function viewFor(caller: Caller, entry: RecentPlay): object {
  const { play } = entry;
  const view = viewRecent(entry);
  return {
    ...(caller.kind === "operator" ? { event_id: play.eventId, user_id: play.userId } : {}),
    ...view,
    started_at: isoTime(view.started_at),
    arrived_at: isoTime(view.arrived_at),
  };
}
