import { type Counter, songKey } from "#src/domain/counter.ts";
import { dropOffOf } from "#src/domain/drop-off.ts";
import type { EpochRecord } from "#src/domain/epoch.ts";
import type { EpochMs, TrackId } from "#src/domain/play.ts";
import type { Totals } from "#src/domain/totals.ts";
import { isTrackId } from "#src/domain/track-id.ts";
import { type ChartWindow, currentWindows, hourMs, type WindowId } from "#src/domain/windows.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import { chartKey, decodeChart } from "#src/wire/chart-codec.ts";
import type { ApiDeps, ApiRequest } from "../api-request.ts";
import { latestCommitted } from "../committed-epoch.ts";
import { type Answer, badParameter, HttpError, isoTime, json } from "../http-answer.ts";

const calendarWindows = ["hour", "day", "week"] as const satisfies readonly ChartWindow[];
const rankedWindows = ["hot", "day", "week", "all"] as const satisfies readonly ChartWindow[];
/** So many hours are shown one by one, the current one included. */
const shownHours = 48;

/** `GET /songs/{id}`: what is known of one song, as of the last epoch that counted a play of it. */
export async function getSong(deps: ApiDeps, { parameter: id }: ApiRequest): Promise<Answer> {
  if (!isTrackId(id)) {
    throw badParameter("id", "id is 1 to 200 characters of well-formed text without NUL");
  }
  const [committed, [counter]] = await Promise.all([
    latestCommitted(deps.epochs),
    deps.counters.read([songKey(id)]),
  ]);
  if (committed === undefined || counter === undefined || isEmpty(counter.totals)) {
    throw new HttpError(404, "unknown_song", `no committed play is of track "${id}"`, "id");
  }
  return json(200, {
    ...viewSong(id, counter, committed),
    ranks: await readRanks(deps.publications, id, committed),
    epoch: counter.epoch,
  });
}

/** Whether nothing is left of it: its only listeners were forgotten. */
const isEmpty = ({ plays, unqualified }: Totals): boolean => plays + unqualified === 0;

function viewSong(id: TrackId, { totals }: Counter, committed: EpochRecord): object {
  const { label, ratingSum, ratingCount, firstPlayedAt } = totals;
  const dropOff = dropOffOf(totals.tenths);
  return {
    id,
    title: label?.title ?? "",
    artist: label?.artist ?? "",
    plays: totals.plays,
    unqualified: totals.unqualified,
    listened_ms: totals.listenedMs,
    completes: totals.completes,
    skips: totals.skips,
    rating:
      ratingCount === 0 ? null : { average: rounded(ratingSum / ratingCount / 100, 2), count: ratingCount },
    first_played_at: firstPlayedAt === undefined ? null : isoTime(firstPlayedAt),
    windows: Object.fromEntries(
      calendarWindows.map((window) => [window, viewWindow(totals, committed.windows[window])]),
    ),
    hours: viewHours(totals, committed.now),
    drop_off:
      dropOff === undefined
        ? null
        : {
            plays: dropOff.plays,
            still_listening: dropOff.stillListening.map((share) => rounded(share, 3)),
          },
  };
}

function viewWindow({ windows }: Totals, window: WindowId): object {
  const { plays, listenedMs } = windows.get(window) ?? { plays: 0, listenedMs: 0 };
  return { plays, listened_ms: listenedMs };
}

/** The hours with plays, oldest first. */
function viewHours(totals: Totals, now: EpochMs): readonly object[] {
  const current = now - (now % hourMs);
  return Array.from({ length: shownHours }, (_, i) => current - (shownHours - 1 - i) * hourMs).flatMap(
    (start) => {
      const { hour } = currentWindows(start as EpochMs);
      return totals.windows.has(hour) ? [{ hour: isoTime(start), ...viewWindow(totals, hour) }] : [];
    },
  );
}

/** Its rank in each chart of songs, null where it has none. */
async function readRanks(
  publications: PublicationStore,
  id: TrackId,
  { windows }: EpochRecord,
): Promise<object> {
  const ranks = rankedWindows.map(async (window) => {
    const key = chartKey("songs", windows[window]);
    const publication = await publications.read(key);
    const entries = publication === undefined ? [] : decodeChart(publication.body, key).entries;
    const index = entries.findIndex((entry) => entry.id === id);
    return [window, index === -1 ? null : index + 1] as const;
  });
  return Object.fromEntries(await Promise.all(ranks));
}

function rounded(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  return Math.round(value * scale) / scale;
}
