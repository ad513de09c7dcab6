/**
 * What `earworm analyze` should say of a CSV file, from the plainest code there is: it shares nothing with the pipeline, so
 * that both cannot be wrong in the same way. The fields must be without quotes and valid.
 */

interface Tally {
  plays: number;
  first: number;
}

interface Listener {
  ms: number;
  first: number;
  readonly artists: Map<string, Tally>;
  readonly heard: Set<string>;
}

interface Song extends Tally {
  artist: string;
}

export interface CsvRecount {
  readonly input: object;
  readonly mapreduce_results: { readonly count_keys: number; readonly top_songs: Record<string, number> };
  readonly userbehavior_results: {
    readonly num_users: number;
    readonly users: readonly object[];
    readonly top_users: readonly string[];
  };
  readonly recommendation_results: object;
}

const trendingSongs = 5;

/** @param top how many songs and listeners are listed */
export function recountCsv(csv: string, top: number): CsvRecount {
  const songs = new Map<string, Song>();
  const listeners = new Map<string, Listener>();
  const [, ...rows] = csv.trimEnd().split("\n");
  for (const [i, row] of rows.entries()) {
    const fields = row.split(",");
    if (fields.length !== 5) throw new Error(`line ${i + 2} has ${fields.length} fields`);
    const [user = "", id = "", artist = "", duration = "", time = ""] = fields;
    const at = Date.parse(time);
    addToSong(songs, id, artist, at);
    const listener = listeners.get(user) ?? { ms: 0, first: at, artists: new Map(), heard: new Set() };
    listeners.set(user, listener);
    listener.ms += Math.round(Number(duration) * 1000);
    listener.first = Math.min(listener.first, at);
    listener.heard.add(id);
    const tally = listener.artists.get(artist) ?? { plays: 0, first: at };
    listener.artists.set(artist, tally);
    tally.plays += 1;
    tally.first = Math.min(tally.first, at);
  }
  return figures(rows.length, songs, listeners, top);
}

/** A song's artist is that of its earliest play, of several the one whose bytes come first. */
function addToSong(songs: Map<string, Song>, id: string, artist: string, at: number): void {
  const song = songs.get(id);
  if (song === undefined) {
    songs.set(id, { artist, plays: 1, first: at });
    return;
  }
  song.plays += 1;
  if (at < song.first || (at === song.first && byBytes(artist, song.artist) < 0)) song.artist = artist;
  song.first = Math.min(song.first, at);
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const byPlays = ([a, x]: [string, Tally], [b, y]: [string, Tally]): number =>
  y.plays - x.plays || x.first - y.first || byBytes(a, b);

function figures(
  plays: number,
  songs: Map<string, Song>,
  listeners: Map<string, Listener>,
  top: number,
): CsvRecount {
  const chart = [...songs].sort(byPlays);
  const trending = chart.slice(0, trendingSongs);
  const nameOf = ([id, { artist }]: [string, Song]): string => `${artist} - ${id}`;
  const favouriteOf = ({ artists }: Listener): string => [...artists].sort(byPlays)[0]?.[0] ?? "";
  const picksOf = (listener: Listener): string[] =>
    trending
      .filter(([id, { artist }]) => !listener.heard.has(id) && artist !== favouriteOf(listener))
      .map(nameOf);
  const byId = [...listeners].sort(([a], [b]) => byBytes(a, b));
  const byTime = [...listeners].sort(([a, x], [b, y]) => y.ms - x.ms || x.first - y.first || byBytes(a, b));
  return {
    input: { plays, duplicates: 0, rejected: 0 },
    mapreduce_results: {
      count_keys: songs.size,
      top_songs: Object.fromEntries(chart.slice(0, top).map((song) => [nameOf(song), song[1].plays])),
    },
    userbehavior_results: {
      num_users: listeners.size,
      users: byId.map(([id, listener]) => ({
        user_id: id,
        total_time: listener.ms / 1000,
        top_artist: favouriteOf(listener),
      })),
      top_users: byTime.slice(0, top).map(([id]) => id),
    },
    recommendation_results: {
      num_trending: trending.length,
      trending_songs: trending.map(nameOf),
      recommendations: Object.fromEntries(byId.map(([id, listener]) => [id, picksOf(listener)])),
    },
  };
}
