/**
 * Counts plays from their wire JSON with the plainest code there is. It shares nothing with the pipeline, so that both
 * cannot be wrong in the same way.
 */

interface WirePlay {
  readonly event_id: string;
  readonly user_id: string;
  readonly track: { readonly id: string; readonly artist: string; readonly duration_ms?: number };
  readonly started_at: number;
  readonly ms_played?: number;
}

interface Tally {
  plays: number;
  listenedMs: number;
  first: number;
}

export interface Recount {
  readonly plays: number;
  readonly duplicates: number;
  readonly songs: ReadonlyMap<string, Tally>;
  readonly artists: ReadonlyMap<string, Tally>;
  readonly listeners: ReadonlyMap<
    string,
    Tally & { readonly artists: Map<string, Tally>; readonly heard: Set<string> }
  >;
}

/** Plays as JSON texts; one event id counts once. */
export function recount(texts: readonly string[]): Recount {
  const ids = new Set<string>();
  const songs = new Map<string, Tally>();
  const artists = new Map<string, Tally>();
  const listeners = new Map<string, Tally & { artists: Map<string, Tally>; heard: Set<string> }>();
  for (const text of texts) {
    const play: WirePlay = JSON.parse(text);
    if (ids.has(play.event_id)) continue;
    ids.add(play.event_id);
    const counts = play.ms_played === undefined || play.ms_played >= 30_000;
    const listened = play.ms_played ?? play.track.duration_ms ?? 0;
    add(songs, play.track.id, counts, listened, play.started_at);
    add(artists, play.track.artist, counts, listened, play.started_at);
    const listener = listeners.get(play.user_id) ?? {
      ...{ plays: 0, listenedMs: 0, first: Number.POSITIVE_INFINITY },
      ...{ artists: new Map<string, Tally>(), heard: new Set<string>() },
    };
    listeners.set(play.user_id, listener);
    listener.plays += counts ? 1 : 0;
    listener.listenedMs += listened;
    listener.first = Math.min(listener.first, play.started_at);
    listener.heard.add(play.track.id);
    if (counts) add(listener.artists, play.track.artist, true, listened, play.started_at);
  }
  return { plays: ids.size, duplicates: texts.length - ids.size, songs, artists, listeners };
}

function add(
  tallies: Map<string, Tally>,
  key: string,
  counts: boolean,
  listened: number,
  startedAt: number,
): void {
  const tally = tallies.get(key) ?? { plays: 0, listenedMs: 0, first: Number.POSITIVE_INFINITY };
  tallies.set(key, tally);
  tally.listenedMs += listened;
  if (!counts) return;
  tally.plays += 1;
  tally.first = Math.min(tally.first, startedAt);
}

/** The ids in the order of a chart: plays desc, first played earlier, then id by its bytes. */
export function ranked(tallies: ReadonlyMap<string, Tally>): string[] {
  return [...tallies]
    .filter(([, tally]) => tally.plays > 0)
    .sort(
      ([a, x], [b, y]) =>
        y.plays - x.plays || x.first - y.first || Buffer.compare(Buffer.from(a), Buffer.from(b)),
    )
    .map(([id]) => id);
}
