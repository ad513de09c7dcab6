import { writeFileSync } from "node:fs";
import type { RunMetrics } from "#cli/run-metrics.ts";

/** What every contestant has to find in a file of plays; ties as I7 has them (docs/architecture.md). */
export interface Answers {
  /** How many there are. */
  readonly songs: number;
  readonly listeners: number;
  /** The most played songs: plays, then who was played earlier, then the id. */
  readonly topSongs: readonly (readonly [song: string, plays: number])[];
  /** The most active listeners, in the order of their ids' bytes: listened time, and the artist they play most. */
  readonly users: readonly (readonly [user: string, listenedMs: number, artist: string | null])[];
}

/** How much is listed; all is counted in any case. */
export interface Listed {
  readonly songs: number;
  readonly users: number;
}

/** What `earworm analyze` lists by default. */
export const listedByDefault: Listed = { songs: 10, users: 1000 };
/** As much as `earworm analyze` can list. */
export const listedForComparison: Listed = { songs: 500, users: Number.POSITIVE_INFINITY };

/** The arguments of a contestant that is a script of this folder: `FILE OUT SONGS USERS`. */
export function listedIn(argv: readonly string[]): Listed {
  const [songs, users] = argv.map(Number);
  return { songs: songs ?? Number.NaN, users: users ?? Number.NaN };
}

export const writeAnswers = (file: string, answers: Answers): void =>
  writeFileSync(file, JSON.stringify(answers));

/** As much as is used of what `earworm analyze` writes. */
interface AnalyzeOutput extends Pick<RunMetrics, "mapreduce_results"> {
  readonly userbehavior_results: Pick<RunMetrics["userbehavior_results"], "num_users" | "users">;
}

/** The answers in what `earworm analyze` wrote. Its songs are named `artist - id`. */
export function answersOfAnalyze({ mapreduce_results, userbehavior_results }: AnalyzeOutput): Answers {
  return {
    songs: mapreduce_results.count_keys,
    listeners: userbehavior_results.num_users,
    topSongs: Object.entries(mapreduce_results.top_songs).map(([name, plays]) => [
      name.slice(name.lastIndexOf(" - ") + 3),
      plays,
    ]),
    users: userbehavior_results.users.map(({ user_id, total_time, top_artist }) => [
      user_id,
      Math.round(total_time * 1000),
      top_artist,
    ]),
  };
}

/** Where two answers differ first; undefined where they are the same. */
export function firstDifference(expected: Answers, actual: Answers): string | undefined {
  for (const name of ["songs", "listeners"] as const) {
    if (expected[name] !== actual[name]) return `${name}: ${expected[name]} and ${actual[name]}`;
  }
  for (const name of ["topSongs", "users"] as const) {
    const [a, b] = [expected[name], actual[name]];
    for (let i = 0; i < Math.max(a.length, b.length); i++) {
      const [left, right] = [a[i], b[i]].map((item) => JSON.stringify(item));
      if (left !== right) return `${name}, number ${i + 1}: ${left} and ${right}`;
    }
  }
  return undefined;
}
