import type { Chart } from "#src/domain/chart.ts";
import type { Profile } from "#src/domain/profile.ts";
import { encodeProfile } from "#src/wire/profile-codec.ts";

/*
 * What two stores must have in common, as text (I7): keys, totals, scores and order. Left out is what belongs to one store's
 * log: a chart's version and epoch, an entry's previous rank, peak and whether it is back, a chart's departures, a profile's epoch. They say when a store ran its
 * epochs, and two stores run them at different times.
 */

/** A chart: its list and window, then an entry a line, in order. Scores are decimal text, because they outgrow 2^53. */
export function chartText({ list, window, entries }: Chart): string {
  const rows = entries.map(({ id, title, artist, score, plays, listenedMs, firstPlayedAt }) =>
    JSON.stringify([id, title, artist, score.toString(), plays, listenedMs, firstPlayedAt]),
  );
  return [`${list} ${window}`, ...rows].join("\n");
}

/**
 * A profile in its own encoding. Its artists and heard tracks are sets, kept in the order in which they were first seen, which
 * depends on how plays of other shards interleave: they are sorted by their bytes. The recent plays are a list and stay.
 */
export function profileText(profile: Profile): string {
  const sorted: Profile = {
    ...profile,
    artists: new Map([...profile.artists].sort(([a], [b]) => byBytes(a, b))),
    heard: new Set([...profile.heard].sort(byBytes)),
  };
  return Buffer.from(encodeProfile(sorted)).toString("utf8");
}

export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
