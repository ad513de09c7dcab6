import type { Chart, ChartEntry } from "../domain/chart.ts";
import { playsWorth } from "../domain/decay.ts";
import { judge, type Play } from "../domain/play.ts";
import { type ChartWindow, dayMs } from "../domain/windows.ts";

/** An entry as clients see it. Times are epoch ms. */
export interface ChartEntryView {
  readonly rank: number;
  /** null for an entry that is new in this version. */
  readonly previous_rank: number | null;
  readonly peak: number;
  readonly id: string;
  readonly title: string;
  readonly artist: string;
  readonly plays: number;
  readonly listened_ms: number;
  /** Plays in a calendar window; in `hot` the plays it is worth at `now`, to 3 decimals. */
  readonly score: number;
  readonly first_played_at: number;
}

/** The first `limit` entries of a chart, as of `now` (epoch ms, the epoch's clock). */
export function viewChart(chart: Chart, window: ChartWindow, now: number, limit: number): ChartEntryView[] {
  const scoreOf =
    window === "hot"
      ? (score: bigint) => Math.round(playsWorth(score, landmarkAt(now), now) * 1000) / 1000
      : Number;
  return chart.entries.slice(0, limit).map((entry, index) => viewEntry(entry, index + 1, scoreOf));
}

/** The landmark of the `hot` instance that is current at `now`: the day's start (src/domain/windows.ts). */
const landmarkAt = (now: number): number => Math.floor(now / dayMs) * dayMs;

function viewEntry(entry: ChartEntry, rank: number, scoreOf: (score: bigint) => number): ChartEntryView {
  return {
    rank,
    previous_rank: entry.previousRank ?? null,
    peak: entry.peak,
    id: entry.id,
    title: entry.title,
    artist: entry.artist,
    plays: entry.plays,
    listened_ms: entry.listenedMs,
    score: scoreOf(entry.score),
    first_played_at: entry.firstPlayedAt,
  };
}

/** A play of the feed as clients see it. Times are epoch ms. */
export interface RecentPlayView {
  readonly event_id: string;
  readonly user_id: string;
  readonly track: { readonly id: string; readonly artist: string; readonly title: string };
  readonly started_at: number;
  readonly listened_ms: number;
  readonly qualified: boolean;
}

export function viewPlay(play: Play): RecentPlayView {
  const { listenedMs, qualified } = judge(play);
  return {
    event_id: play.eventId,
    user_id: play.userId,
    track: { id: play.track.id, artist: play.track.artist, title: play.track.title ?? "" },
    started_at: play.startedAt,
    listened_ms: listenedMs,
    qualified,
  };
}
