import type { Profile } from "#src/domain/profile.ts";
import { keptArtists, keptHeard, newest, type RecountedProfile } from "#src/recount/profiles.ts";
import { compareValues } from "./drift-report.ts";

const figures = ["plays", "unqualified", "listenedMs", "completes", "skips", "firstHeardAt"] as const;
const ofPlay = ["trackId", "artist", "title", "startedAt", "listenedMs", "flags"] as const;

/** How a listener's profile differs from what it should be. */
export function compareProfile(expected: RecountedProfile, stored: Profile): readonly string[] {
  const name = `USER#${stored.userId}`;
  if (isNone(expected) !== isNone(stored))
    return [`${name}: expected ${summaryOf(expected)}, stored ${summaryOf(stored)}`];
  return [
    ...figures.flatMap((figure) => compareValues(`${name} ${figure}`, expected[figure], stored[figure])),
    ...compareArtists(name, expected, stored),
    ...compareHeard(name, expected, stored),
    ...compareRecent(name, expected, stored),
  ];
}

type Sums = Pick<Profile, "plays" | "unqualified">;

const isNone = ({ plays, unqualified }: Sums): boolean => plays + unqualified === 0;

const summaryOf = (sums: Sums): string =>
  isNone(sums) ? "no profile" : `one of plays ${sums.plays}, unqualified ${sums.unqualified}`;

function compareArtists(name: string, expected: RecountedProfile, stored: Profile): readonly string[] {
  const { names, end } = keptArtists(expected);
  const differences = [
    ...compareValues(`${name} artists`, names.size, stored.artists.size),
    ...compareValues(`${name} artistsEnd`, end, stored.artistsEnd),
  ];
  const artists: ReadonlyMap<string, { readonly plays: number; readonly firstHeardAt: number }> =
    stored.artists;
  for (const artist of names) {
    const [mine, theirs] = [expected.artists.get(artist), artists.get(artist)];
    const called = `${name} ${JSON.stringify(artist)}`;
    differences.push(...compareValues(`${called} plays`, mine?.plays, theirs?.plays));
    differences.push(...compareValues(`${called} firstHeardAt`, mine?.firstHeardAt, theirs?.firstHeardAt));
  }
  return differences;
}

function compareHeard(name: string, expected: RecountedProfile, stored: Profile): readonly string[] {
  const { names, end } = keptHeard(expected);
  const heard: ReadonlySet<string> = stored.heard;
  const missing = [...names].filter((track) => !heard.has(track));
  return [
    ...compareValues(`${name} tracks heard`, names.size, heard.size),
    ...compareValues(`${name} heardEnd`, end, stored.heardEnd),
    ...missing.map((track) => `${name}: expected to have heard ${JSON.stringify(track)}, stored that not`),
  ];
}

function compareRecent(name: string, expected: RecountedProfile, stored: Profile): readonly string[] {
  const recent = newest(expected.recent);
  return [
    ...compareValues(`${name} recent plays`, recent.length, stored.recent.length),
    ...recent.flatMap((play, at) =>
      ofPlay.flatMap((field) =>
        compareValues(`${name} recent play ${at + 1} ${field}`, play[field], stored.recent[at]?.[field]),
      ),
    ),
  ];
}
