import type { UserId } from "#src/domain/play.ts";
import { favouriteArtists, isCut, isForgotten, type Profile } from "#src/domain/profile.ts";
import { profilesAfter } from "#src/domain/profile-fold.ts";
import { recommend, recommendedSongs, type TrendingSong } from "#src/domain/recommend.ts";
import { factFlags } from "#src/domain/segment.ts";
import { isUserId } from "#src/domain/user-id.ts";
import type { StoredProfile } from "#src/ports/profile-store.ts";
import { decodeTrending, trendingKey } from "#src/wire/trending-codec.ts";
import type { ApiDeps, ApiRequest } from "../api-request.ts";
import { mayUse } from "../caller.ts";
import { latestCommitted } from "../committed-epoch.ts";
import { type Answer, badParameter, HttpError, isoTime, json, parseLimit } from "../http-answer.ts";

const shownArtists = 20;
const maxRecommendations = 100;

/** `GET /users/{id}`: what a listener plays. */
export async function getUser(deps: ApiDeps, request: ApiRequest): Promise<Answer> {
  const userId = listenerOf(request);
  const stored = await readProfile(deps, userId);
  if (stored === undefined) {
    throw new HttpError(404, "unknown_user", `no committed play is by listener "${userId}"`, "id");
  }
  const committed = await latestCommitted(deps.epochs);
  const asOf = committed && profilesAfter(committed).from.now; // this one may hold more
  return json(200, {
    ...viewProfile(stored.profile),
    epoch: stored.epoch,
    as_of: asOf === undefined ? null : isoTime(asOf),
  });
}

/** `GET /users/{id}/recommendations`: computed when they are read, from the profile and the trending songs. */
export async function getRecommendations(deps: ApiDeps, request: ApiRequest): Promise<Answer> {
  const userId = listenerOf(request);
  const k = parseLimit("k", request.query["k"], recommendedSongs, maxRecommendations);
  const [stored, publication] = await Promise.all([
    readProfile(deps, userId),
    deps.publications.read(trendingKey),
  ]);
  const songs = publication === undefined ? [] : decodeTrending(publication.body).songs;
  const picks = stored === undefined ? songs.slice(0, k) : recommend(stored.profile, songs, k);
  return json(200, {
    user_id: userId,
    cold_start: stored === undefined,
    epoch: publication?.epoch ?? 0,
    recommendations: picks.map(viewPick),
  });
}

/**
 * The listener that the path names.
 *
 * @throws HttpError 403 for another listener's token, whether or not there is such a listener
 */
function listenerOf({ parameter, caller }: ApiRequest): UserId {
  if (!isUserId(parameter))
    throw badParameter("id", "id is 1 to 128 characters of well-formed text without NUL");
  if (mayUse(caller, parameter)) return parameter;
  throw new HttpError(403, "forbidden", "this token is for another listener", "id");
}

async function readProfile(deps: ApiDeps, userId: UserId): Promise<StoredProfile | undefined> {
  const stored = (await deps.profiles.read([userId])).get(userId);
  return stored === undefined || isForgotten(stored.profile) ? undefined : stored;
}

function viewPick({ id, title, artist, window, rank }: TrendingSong, index: number): object {
  return { rank: index + 1, id, title, artist, reason: { list: window, rank } };
}

function viewProfile(profile: Profile): object {
  const artists = favouriteArtists(profile);
  return {
    user_id: profile.userId,
    plays: profile.plays,
    unqualified: profile.unqualified,
    listened_ms: profile.listenedMs,
    completes: profile.completes,
    skips: profile.skips,
    first_heard_at: isoTime(profile.firstHeardAt),
    favourite_artist: artists[0]?.name ?? null,
    artists_total: artists.length,
    artists: artists.slice(0, shownArtists).map(({ name, plays, firstHeardAt }) => ({
      name,
      plays,
      first_heard_at: isoTime(firstHeardAt),
    })),
    tracks_heard: profile.heard.size,
    cut: isCut(profile),
    recent: profile.recent.map((play) => ({
      track: { id: play.trackId, artist: play.artist, title: play.title },
      started_at: isoTime(play.startedAt),
      listened_ms: play.listenedMs,
      qualified: (play.flags & factFlags.qualified) !== 0,
      completed: (play.flags & factFlags.completed) !== 0,
      skipped: (play.flags & factFlags.skipped) !== 0,
    })),
  };
}
