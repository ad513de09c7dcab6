import type { Stores } from "#local/stores.ts";
import type { Candidate } from "#src/domain/chart.ts";
import { countedUpTo, type EpochNumber, type EpochRecord } from "#src/domain/epoch.ts";
import { noCounts } from "#src/domain/position.ts";
import { favouriteArtist } from "#src/domain/profile.ts";
import { recommend } from "#src/domain/recommend.ts";
import { compareUtf8 } from "#src/domain/utf8-order.ts";
import { allTime } from "#src/domain/windows.ts";
import { chartKey, decodeChart } from "#src/wire/chart-codec.ts";

/** How many songs of the file's chart count as trending. */
const trendingSongs = 5;

/** What `earworm analyze` writes. Times in seconds; `total_time` in seconds listened. */
export interface RunMetrics {
  readonly timestamp: string;
  readonly workflow: string;
  readonly source: string;
  readonly input: { readonly plays: number; readonly duplicates: number; readonly rejected: number };
  readonly performance: {
    readonly mapreduce_time: number;
    readonly userbehavior_time: number;
    readonly recommendation_time: number;
    readonly total_workflow_time: number;
  };
  readonly mapreduce_results: {
    readonly count_keys: number;
    readonly top_songs: Readonly<Record<string, number>>;
  };
  readonly userbehavior_results: {
    readonly num_users: number;
    readonly users: readonly {
      readonly user_id: string;
      readonly total_time: number;
      readonly top_artist: string | null;
    }[];
    readonly top_users: readonly string[];
  };
  readonly recommendation_results: {
    readonly num_trending: number;
    readonly trending_songs: readonly string[];
    readonly recommendations: Readonly<Record<string, readonly string[]>>;
  };
}

export interface RunFacts {
  readonly source: string;
  /** Lines of the file that are no play. */
  readonly rejectedLines: number;
  /** From the first byte read to the last epoch committed. */
  readonly seconds: number;
  readonly top: number;
  /** How many of the most active listeners are kept. */
  readonly users: number;
}

/** Reads the figures of a finished run out of its stores. */
export async function readRunMetrics(stores: Stores, facts: RunFacts): Promise<RunMetrics> {
  const epochs = await readEpochs(stores);
  const last = epochs.at(-1);
  const counts = last === undefined ? noCounts : countedUpTo(last);
  const chart = await readSongs(stores);
  const listeners = [...stores.profiles.mostActive(facts.users)];
  const trending = chart.slice(0, trendingSongs);
  const byId = listeners.toSorted((a, b) => compareUtf8(a.userId, b.userId));
  return {
    timestamp: new Date().toISOString(),
    workflow: "MapReduce -> UserBehavior -> Recommendation",
    source: facts.source,
    input: {
      plays: counts.plays,
      duplicates: counts.duplicates,
      rejected: counts.rejects + facts.rejectedLines,
    },
    performance: {
      mapreduce_time: stageSeconds(epochs, "mapReduce"),
      userbehavior_time: stageSeconds(epochs, "userBehavior"),
      recommendation_time: stageSeconds(epochs, "recommendation"),
      total_workflow_time: rounded(facts.seconds),
    },
    mapreduce_results: {
      count_keys: stores.counters.count("SONG#"),
      top_songs: recordOf(chart.slice(0, facts.top).map((song) => [nameOf(song), song.plays])),
    },
    userbehavior_results: {
      num_users: stores.profiles.count(),
      users: byId.map((profile) => ({
        user_id: profile.userId,
        total_time: profile.listenedMs / 1000,
        top_artist: favouriteArtist(profile) ?? null,
      })),
      top_users: listeners.slice(0, facts.top).map((profile) => profile.userId),
    },
    recommendation_results: {
      num_trending: trending.length,
      trending_songs: trending.map(nameOf),
      recommendations: recordOf(
        byId.map((profile) => [profile.userId, recommend(profile, trending).map(nameOf)]),
      ),
    },
  };
}

/** `artist - title`, or `artist - id` where plays carry no titles, as in the CSV dialect. */
const nameOf = ({ artist, title, id }: Candidate): string => `${artist} - ${title === "" ? id : title}`;

/** An object of these entries in this order; of equal names the first stays. */
function recordOf<V>(entries: readonly (readonly [string, V])[]): Readonly<Record<string, V>> {
  const first = new Map<string, V>();
  for (const [name, value] of entries) if (!first.has(name)) first.set(name, value);
  return Object.fromEntries(first);
}

async function readEpochs({ epochs }: Stores): Promise<readonly EpochRecord[]> {
  const latest = (await epochs.latest())?.epoch ?? 0;
  const records: EpochRecord[] = [];
  for (let epoch = 1; epoch <= latest; epoch++) {
    const record = await epochs.read(epoch as EpochNumber);
    if (record !== undefined) records.push(record);
  }
  return records;
}

async function readSongs({ publications }: Stores): Promise<readonly Candidate[]> {
  const key = chartKey("songs", allTime);
  const published = await publications.read(key);
  return published === undefined ? [] : decodeChart(published.body, key).entries;
}

function stageSeconds(epochs: readonly EpochRecord[], stage: string): number {
  const ms = epochs.reduce((sum, { figures }) => sum + (figures?.[stage]?.["processingMs"] ?? 0), 0);
  return rounded(ms / 1000);
}

const rounded = (seconds: number): number => Math.round(seconds * 1000) / 1000;
