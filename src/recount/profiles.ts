import { type Hash64, hash64 } from "./hash64.ts";
import type { ReadPlay } from "./read-play.ts";
import { compareTexts } from "./text.ts";

/** What the profile of a listener should hold. */
export interface RecountedProfile {
  plays: number;
  unqualified: number;
  listenedMs: number;
  completes: number;
  skips: number;
  /** Of any play, epoch ms. */
  firstHeardAt: number;
  /** Of qualified plays. */
  readonly artists: Map<string, { plays: number; firstHeardAt: number }>;
  readonly heard: Set<string>;
  /** Unsorted, and more than are kept. */
  readonly recent: RecountedRecent[];
}

export interface RecountedRecent {
  readonly trackId: string;
  readonly artist: string;
  readonly title: string;
  readonly startedAt: number;
  readonly listenedMs: number;
  /** 1 qualified, 2 completed, 4 skipped, added. */
  readonly flags: number;
}

const keptRecent = 50;
const maxArtistsWeight = 1_000_000;
const maxHeardWeight = 4_000_000;
const nameOverhead = 24;

export const emptyProfile = (): RecountedProfile => ({
  ...{
    plays: 0,
    unqualified: 0,
    listenedMs: 0,
    completes: 0,
    skips: 0,
    firstHeardAt: Number.MAX_SAFE_INTEGER,
  },
  ...{ artists: new Map(), heard: new Set(), recent: [] },
});

export function addToProfile(profile: RecountedProfile, play: ReadPlay): void {
  const { trackId, artist, title, startedAt, listenedMs, qualified, completed, skipped } = play;
  profile.listenedMs += listenedMs;
  if (completed) profile.completes += 1;
  if (skipped) profile.skips += 1;
  profile.firstHeardAt = Math.min(profile.firstHeardAt, startedAt);
  profile.heard.add(trackId);
  const flags = (qualified ? 1 : 0) + (completed ? 2 : 0) + (skipped ? 4 : 0);
  profile.recent.push({ trackId, artist, title, startedAt, listenedMs, flags });
  if (profile.recent.length >= 4 * keptRecent) profile.recent.splice(0, Infinity, ...newest(profile.recent));
  if (!qualified) {
    profile.unqualified += 1;
    return;
  }
  profile.plays += 1;
  const before = profile.artists.get(artist);
  if (before === undefined) {
    profile.artists.set(artist, { plays: 1, firstHeardAt: startedAt });
    return;
  }
  before.plays += 1;
  before.firstHeardAt = Math.min(before.firstHeardAt, startedAt);
}

/** The plays that a profile keeps, the newest first. */
export const newest = (plays: readonly RecountedRecent[]): readonly RecountedRecent[] =>
  plays.toSorted(compareRecent).slice(0, keptRecent);

const compareRecent = (a: RecountedRecent, b: RecountedRecent): number =>
  b.startedAt - a.startedAt ||
  compareTexts(a.trackId, b.trackId) ||
  b.listenedMs - a.listenedMs ||
  a.flags - b.flags ||
  compareTexts(a.artist, b.artist) ||
  compareTexts(a.title, b.title);

/** Names that are kept, and the first that is not. */
export interface KeptNames {
  readonly names: ReadonlySet<string>;
  readonly end: string | undefined;
}

export const keptArtists = ({ artists }: RecountedProfile): KeptNames =>
  kept(new Set(artists.keys()), maxArtistsWeight);
export const keptHeard = ({ heard }: RecountedProfile): KeptNames => kept(heard, maxHeardWeight);

/** The rule of docs/bounds.md: the longest run from the first, by hashes, that is not too heavy. */
function kept(names: ReadonlySet<string>, maxWeight: number): KeptNames {
  let weight = 0;
  for (const name of names) weight += name.length + nameOverhead;
  if (weight <= maxWeight) return { names, end: undefined };
  const inOrder = [...names].map((name) => ({ name, hash: hash64(name, [0, 0]) })).sort(byHash);
  const run = new Set<string>();
  weight = 0;
  for (const { name } of inOrder) {
    weight += name.length + nameOverhead;
    if (weight > maxWeight) return { names: run, end: name };
    run.add(name);
  }
  return { names: run, end: undefined };
}

type Hashed = { readonly name: string; readonly hash: Hash64 };
const byHash = (a: Hashed, b: Hashed): number =>
  a.hash[0] - b.hash[0] || a.hash[1] - b.hash[1] || compareTexts(a.name, b.name);
