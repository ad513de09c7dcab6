import type { ChartList } from "#src/domain/chart.ts";
import type { Counter, CounterKey } from "#src/domain/counter.ts";
import { countedUpTo, type EpochNumber, type EpochRecord } from "#src/domain/epoch.ts";
import type { UserId } from "#src/domain/play.ts";
import { origin } from "#src/domain/position.ts";
import type { Profile } from "#src/domain/profile.ts";
import type { RejectChunk } from "#src/domain/segment.ts";
import type { WindowId } from "#src/domain/windows.ts";
import { chartKey, decodeChart } from "#src/wire/chart-codec.ts";
import { decodeSegment } from "#src/wire/segment-codec.ts";
import { decodeSeries, seriesKey } from "#src/wire/series-codec.ts";
import { decodeTrending, trendingKey } from "#src/wire/trending-codec.ts";
import type { PipelineStores } from "#test/support/pipeline.ts";
import {
  byBytes,
  dropAt,
  type Expected,
  type ExpectedProfile,
  type ExpectedTotals,
  type RecentPlay,
} from "./recount-everything.ts";

const recentPlays = 50;
const shownDifferences = 10;

/** Where the stores differ from the recount, or contradict themselves; empty where all is right. */
export async function verdict(stores: PipelineStores, expected: Expected): Promise<readonly string[]> {
  const latest = await stores.epochs.latest();
  const now = latest?.now ?? 0;
  const found = [
    ...(await checkHeads(stores, expected)),
    ...checkShown(latest, expected),
    ...(await checkEpochs(stores, latest)),
    ...(await checkCounters(stores, expected, now)),
    ...(await checkProfiles(stores, expected)),
    ...(await checkCharts(stores, expected, now)),
    ...(await checkTrending(stores, expected, latest)),
    ...(await checkSeries(stores, expected)),
    ...(await checkSegments(stores, expected)),
  ];
  return found.slice(0, shownDifferences);
}

async function checkHeads({ segments }: PipelineStores, { heads }: Expected): Promise<readonly string[]> {
  const stored = await segments.readHeads();
  return differences(heads, Object.fromEntries(stored.map(({ shard, counts }) => [shard, counts])), "heads");
}

/** What `GET /stats` says: repeats are duplicates. */
function checkShown(
  latest: EpochRecord | undefined,
  { heads, repeats, forgotten }: Expected,
): readonly string[] {
  if (latest === undefined) return [];
  const sum = (field: "plays" | "duplicates") =>
    Object.values(heads).reduce((total, counts) => total + counts[field], 0);
  const wanted = { plays: sum("plays") - repeats - forgotten, duplicates: sum("duplicates") + repeats };
  const { plays, duplicates } = countedUpTo(latest);
  return differences(wanted, { plays, duplicates }, "what is shown");
}

/** Epochs 1, 2, 3, ... are committed, and each goes on where the one before it ended. */
async function checkEpochs(
  { epochs, segments }: PipelineStores,
  latest: EpochRecord | undefined,
): Promise<readonly string[]> {
  const found: string[] = [];
  let to: EpochRecord["to"] = [];
  let now = 0;
  for (let epoch = 1; epoch <= (latest?.epoch ?? 0); epoch++) {
    const record = await epochs.read(epoch as EpochNumber);
    if (record?.status !== "committed") found.push(`epoch ${epoch} is ${record?.status ?? "missing"}`);
    if (record === undefined) continue;
    found.push(...differences(to, record.from, `epoch ${epoch} from`));
    if (record.now < now) found.push(`epoch ${epoch} went back in time`);
    to = record.to;
    now = record.now;
  }
  return [...found, ...differences(await segments.readHeads(), to, "the last epoch's heads")];
}

async function checkCounters(
  { counters }: PipelineStores,
  expected: Expected,
  now: number,
): Promise<readonly string[]> {
  const keys = Object.keys(expected.counters) as CounterKey[];
  const stored = await counters.read(keys);
  const plain = Object.fromEntries(stored.map((counter) => [counter.key, plainCounter(counter, now)]));
  const wanted = Object.fromEntries(
    Object.entries(expected.counters).map(([key, totals]) => [key, withOpenWindows(totals, now)]),
  );
  return differences(wanted, plain, "counters");
}

function withOpenWindows(totals: ExpectedTotals, now: number): ExpectedTotals {
  return { ...totals, windows: open(totals.windows, now), decays: open(totals.decays, now) };
}

const open = <V>(windows: Readonly<Record<string, V>>, now: number): Record<string, V> =>
  Object.fromEntries(Object.entries(windows).filter(([id]) => now < dropAt(id)));

function plainCounter({ totals }: Counter, now: number): ExpectedTotals {
  const { firstPlayedAt, label, windows, decays, listeners: _, ...rest } = totals;
  return {
    ...rest,
    tenths: [...rest.tenths],
    first: firstPlayedAt,
    label: label && { at: label.startedAt, artist: label.artist, title: label.title },
    windows: open(Object.fromEntries(windows), now),
    decays: open(Object.fromEntries(decays), now),
  };
}

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** The sums of the last hour's minutes and of the newest day. Forgetting a listener leaves them as they are. */
async function checkSeries(
  { publications }: PipelineStores,
  { minutes, forgotten }: Expected,
): Promise<readonly string[]> {
  const published = await publications.read(seriesKey);
  if (forgotten > 0 || published === undefined) return [];
  const series = decodeSeries(published.body);
  const all = Object.entries(minutes).map(([at, sums]) => ({ at: Number(at), ...sums }));
  const newest = Math.max(...all.map(({ at }) => at));
  const shown = all.filter(({ at }) => at > newest - 60 * minuteMs);
  const day = newest - (newest % dayMs);
  const today = all.filter(({ at }) => at >= day);
  const sum = (field: "plays" | "skips" | "onlyCompleted") =>
    today.reduce((total, minute) => total + minute[field], 0);
  return [
    ...differences(
      Object.fromEntries(shown.map(({ at, onlyCompleted: _, ...sums }) => [at, sums])),
      Object.fromEntries(
        series.minutes.map(({ minute, listeners: _, registers: __, epoch: ___, ...sums }) => [minute, sums]),
      ),
      "minutes",
    ),
    ...differences(
      {
        ...{ day, completed: sum("onlyCompleted"), skipped: sum("skips") },
        neither: sum("plays") - sum("onlyCompleted") - sum("skips"),
      },
      { ...series.day, epoch: undefined },
      "endings",
    ),
  ];
}

async function checkProfiles({ profiles }: PipelineStores, expected: Expected): Promise<readonly string[]> {
  const stored = await profiles.read(Object.keys(expected.profiles) as UserId[]);
  const plain = Object.fromEntries([...stored].map(([user, { profile }]) => [user, plainProfile(profile)]));
  const wanted = Object.fromEntries(
    Object.entries(expected.profiles).map(([user, profile]) => [user, sortedProfile(profile)]),
  );
  return differences(wanted, plain, "profiles");
}

const sortedProfile = (profile: ExpectedProfile) => ({
  ...profile,
  heard: [...profile.heard].sort(byBytes),
  recent: [...profile.recent].sort(newestFirst).slice(0, recentPlays),
});

function newestFirst(a: RecentPlay, b: RecentPlay): number {
  return (
    b.startedAt - a.startedAt ||
    byBytes(a.trackId, b.trackId) ||
    b.listenedMs - a.listenedMs ||
    a.flags - b.flags ||
    byBytes(a.artist, b.artist) ||
    byBytes(a.title, b.title)
  );
}

function plainProfile({ userId: _, artists, heard, recent, firstHeardAt, ...rest }: Profile) {
  const plainArtists = [...artists].map(([name, { plays, firstHeardAt: first }]) => [name, { plays, first }]);
  return {
    ...pickSums(rest),
    first: firstHeardAt,
    artists: Object.fromEntries(plainArtists),
    heard: [...heard].sort(byBytes),
    recent: [...recent],
  };
}

/** A profile may be an object of a class with more to it. */
const pickSums = ({
  plays,
  unqualified,
  listenedMs,
  completes,
  skips,
}: Pick<Profile, "plays" | "unqualified" | "listenedMs" | "completes" | "skips">) => ({
  plays,
  unqualified,
  listenedMs,
  completes,
  skips,
});

/** One line of a list. */
interface Ranked {
  readonly id: string;
  readonly title: string;
  readonly artist: string;
  readonly score: bigint;
  readonly plays: number;
  readonly listenedMs: number;
  readonly firstPlayedAt: number;
}

async function checkCharts(
  stores: PipelineStores,
  expected: Expected,
  now: number,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [list, prefix] of [
    ["songs", "SONG#"],
    ["artists", "ARTIST#"],
    ["genres", "DIM#genre#"],
    ["platforms", "DIM#platform#"],
    ["moods", "DIM#mood#"],
    ["countries", "DIM#country#"],
  ] as const) {
    for (const window of windowsOf(expected, now)) {
      if (prefix.startsWith("DIM#") && !/^(?:all$|d\.)/.test(window)) continue;
      const wanted = rankedIn(expected, prefix, window);
      found.push(...differences(wanted, await readChart(stores, list, window), `${list} of ${window}`));
    }
  }
  const listeners = await readChart(stores, "listeners", "all");
  return [...found, ...differences(rankedListeners(expected), listeners, "listeners")];
}

/** Every window that some play entered and that is still kept, and `all`. */
const windowsOf = ({ windows }: Expected, now: number): readonly string[] => [
  "all",
  ...[...windows].filter((id) => now < dropAt(id)),
];

function rankedIn({ counters }: Expected, prefix: string, window: string): readonly Ranked[] {
  const candidates = Object.entries(counters).flatMap(([key, totals]) => {
    if (!key.startsWith(prefix)) return [];
    const share = totals.windows[window];
    const score =
      window === "all" ? BigInt(totals.plays) : (totals.decays[window] ?? BigInt(share?.plays ?? 0));
    const { plays, listenedMs } = share ?? totals;
    const id = key.slice(prefix.length);
    const { artist, title } = totals.label ?? { artist: prefix === "ARTIST#" ? id : "", title: "" };
    return [{ id, title, artist, score, plays, listenedMs, firstPlayedAt: totals.first ?? 0 }];
  });
  return ranked(candidates);
}

const rankedListeners = ({ profiles }: Expected): readonly Ranked[] =>
  ranked(
    Object.entries(profiles).map(([id, { plays, listenedMs, first }]) => ({
      ...{ id, title: "", artist: "", score: BigInt(listenedMs), plays, listenedMs, firstPlayedAt: first },
    })),
  );

const ranked = (candidates: readonly Ranked[]): readonly Ranked[] =>
  candidates
    .filter(({ score }) => score > 0n)
    .sort((a, b) => {
      if (a.score !== b.score) return a.score > b.score ? -1 : 1;
      return a.firstPlayedAt - b.firstPlayedAt || byBytes(a.id, b.id);
    });

async function readChart(
  { publications }: PipelineStores,
  list: ChartList,
  window: string,
): Promise<readonly Ranked[]> {
  const key = chartKey(list, window as WindowId);
  const published = await publications.read(key);
  const entries = published === undefined ? [] : decodeChart(published.body, key).entries;
  return entries.map(({ previousRank: _, peak: __, isBack: ___, ...entry }) => entry);
}

/** What is hot comes first, then the all-time chart. */
async function checkTrending(
  { publications }: PipelineStores,
  expected: Expected,
  latest: EpochRecord | undefined,
): Promise<readonly string[]> {
  if (latest === undefined) return [];
  const listOf = (window: "hot" | "all") =>
    rankedIn(expected, "SONG#", latest.windows[window]).map(({ id, artist, title }, index) => {
      return { id, artist, title, rank: index + 1, window };
    });
  const hot = listOf("hot");
  const wanted = [...hot, ...listOf("all").filter(({ id }) => hot.every((song) => song.id !== id))];
  const published = await publications.read(trendingKey);
  const songs = published === undefined ? [] : decodeTrending(published.body).songs;
  return differences(wanted, songs, "trending");
}

/** The rejects, and the number of plays, that are in the segments themselves. */
async function checkSegments({ segments }: PipelineStores, expected: Expected): Promise<readonly string[]> {
  const found: string[] = [];
  const rejects: Record<string, RejectChunk[]> = {};
  for (const { shard, position, counts } of await segments.readHeads()) {
    let plays = 0;
    let previous = origin;
    for await (const segment of segments.readRange(shard, origin, position)) {
      if (segment.previous !== previous) found.push(`${shard} has a gap after ${previous}`);
      previous = segment.head.position;
      const contents = decodeSegment(segment.body);
      plays += contents.facts.user.length;
      for (const chunk of contents.rejects) {
        const key = `${shard} ${chunk.sequenceNumber} ${chunk.entry}`;
        rejects[key] = [...(rejects[key] ?? []), chunk];
      }
    }
    if (plays !== counts.plays) found.push(`${shard} holds ${plays} plays and counts ${counts.plays}`);
  }
  const wanted = Object.fromEntries(
    expected.rejects.map(({ shard, sequenceNumber, entry, reason, raw }) => [
      `${shard} ${sequenceNumber} ${entry}`,
      { reason, raw: hex(raw) },
    ]),
  );
  const stored = Object.entries(rejects).map(([key, chunks]) => [key, joined(chunks, wanted[key]?.reason)]);
  return [...found, ...differences(wanted, Object.fromEntries(stored), "rejects")];
}

/** A reject put together again; its reason is only as long as it is expected to be. */
function joined(chunks: readonly RejectChunk[], reason = ""): { reason: string; raw: string } {
  const isWhole = chunks.every(({ chunk, chunks: of }, i) => chunk === i && of === chunks.length);
  const raw = isWhole ? hex(Buffer.concat(chunks.map((chunk) => chunk.raw))) : "its pieces do not fit";
  return { reason: (chunks[0]?.reason ?? "").slice(0, reason.length), raw };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** The paths at which two plain values differ. */
function differences(expected: unknown, actual: unknown, path: string): readonly string[] {
  if (!(isObject(expected) && isObject(actual))) {
    return expected === actual ? [] : [`${path}: expected ${show(expected)}, got ${show(actual)}`];
  }
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...keys].flatMap((key) => differences(expected[key], actual[key], `${path}/${key}`));
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

function show(value: unknown): string {
  const text = typeof value === "bigint" ? `${value}n` : String(JSON.stringify(value, bigintAsText));
  return text.length > 120 ? `${text.slice(0, 120)}...` : text;
}

const bigintAsText = (_: string, value: unknown): unknown =>
  typeof value === "bigint" ? `${value}n` : value;
