import { beforeAll, expect, test } from "vitest";
import type { RunMetrics } from "#cli/run-metrics.ts";
import { nodeArchiveZip } from "#src/adapters/archive/node-archive-zip.ts";
import { DynamoDbEpochLog } from "#src/adapters/dynamodb/dynamodb-epoch-log.ts";
import { S3Archive } from "#src/adapters/s3/s3-archive.ts";
import { createS3Client } from "#src/adapters/s3/s3-client.ts";
import { type ArchivedRecord, readArchive } from "#src/domain/archive.ts";
import type { Candidate, Chart } from "#src/domain/chart.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { favouriteArtist } from "#src/domain/profile.ts";
import { areProfilesBehind } from "#src/domain/profile-fold.ts";
import { recommend } from "#src/domain/recommend.ts";
import { allTime, type ChartWindow, chartWindows, currentWindows } from "#src/domain/windows.ts";
import { chartKey } from "#src/wire/chart-codec.ts";
import { viewChart } from "#src/wire/chart-view.ts";
import { decodeTrending } from "#src/wire/trending-codec.ts";
import { ranked, recount } from "#test/support/recount.ts";
import type { RawRecord } from "./harness/deployed-system.ts";
import { describeDeployed } from "./harness/describe-deployed.ts";
import { eventually } from "./harness/eventually.ts";
import { type DeployedRun, readDeployed } from "./parity/deployed-run.ts";
import { runAnalyze, runEngine } from "./parity/embedded-run.ts";
import { blocksOf, headOf, parityData } from "./parity/parity-data.ts";
import { type Published, textsOf } from "./parity/published.ts";

/*
 * One data set, three ways: `earworm analyze` as a process (JSON lines, one shard), its engine (gzip blocks, one shard), and
 * the deployed stack (the same blocks, two shards, other batches, other epochs). The store of the deployed stack must be
 * empty before, so this file is the first.
 */

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** How many times some of the data are sent, each with its own epochs. */
const parts = 5;
/** Lists that the HTTP API shows. */
const lists = ["songs", "artists"] as const;

interface ChartAnswer {
  readonly instance: string;
  readonly now: string;
  readonly entries: readonly Record<string, unknown>[];
}

describeDeployed("the same plays, analyzed and sent to the deployed stack,", ({ system, folder }) => {
  const startedAt = Date.now();
  const data = parityData(startedAt);
  const epochs = new DynamoDbEpochLog(system.tables, system.deployment.countersTable);
  let metrics: RunMetrics;
  let embedded: Published;
  let deployed: DeployedRun;
  /**
   * Plays that arrive after midnight are too late for the day's `hot`, and every 24 days for `hot24`: then the two sides
   * rightly differ in it.
   */
  let isSameDay: boolean;
  /** What is counted in the next hour is not in the hour's `rising`. */
  let isSameHour: boolean;
  /** By sequence number, in the order in which they were put. */
  const put = new Map<string, RawRecord>();

  const comparable = (published: Published): Record<string, string> =>
    Object.fromEntries(
      Object.entries(textsOf(published)).filter(
        ([key]) => (isSameDay || !/#[xy]\.|^TRENDING$/.test(key)) && (isSameHour || !/#r\./.test(key)),
      ),
    );

  beforeAll(async () => {
    metrics = await runAnalyze(data.lines, folder);
    embedded = await runEngine(blocksOf(data.lines, 60), folder);
    await sendInParts();
    await eventually("all profiles to be folded", async () => {
      const latest = await epochs.latest();
      return latest?.status === "committed" && !areProfilesBehind(latest);
    });
    deployed = await readDeployed(system);
    isSameHour = Math.floor(startedAt / hourMs) === Math.floor(Date.now() / hourMs);
    if (!isSameHour) console.warn("the hour passed between the two runs: `rising` is not compared");
    isSameDay = Math.floor(startedAt / dayMs) === Math.floor(Date.now() / dayMs);
    if (!isSameDay)
      console.warn("midnight UTC passed between the two runs: `hot`, `hot24` and trending are not compared");
  });

  /** Each part is committed before the next is sent, so that there are several epochs, and later ones hold earlier plays. */
  async function sendInParts(): Promise<void> {
    const before = await system.stats();
    for (let part = 1; part <= parts; part++) {
      const from = Math.floor((data.lines.length * (part - 1)) / parts);
      const sent = headOf(data, Math.floor((data.lines.length * part) / parts));
      // Other blocks than the engine got.
      const records = blocksOf(sent.lines.slice(from), 25);
      for (let i = 0; i < records.length; i += 100) {
        const chunk = records.slice(i, i + 100);
        const numbers = await system.putAll(chunk);
        for (const [at, record] of chunk.entries()) put.set(numbers[at] ?? "none", record);
      }
      const { plays, duplicates } = recount(sent.plays);
      await system.statsAfter(before, { plays, duplicates, rejects: sent.rejects });
    }
  }

  test("are counted alike, and as an independent recount counts them", async () => {
    const { plays, duplicates, rejects } = await system.stats();
    const wanted = recount(data.plays);

    expect({ plays, duplicates, rejects }).toEqual({
      plays: wanted.plays,
      duplicates: wanted.duplicates,
      rejects: data.rejects,
    });
    expect(metrics.input).toEqual({ plays, duplicates, rejected: rejects });
    const chart = deployed.charts.get(chartKey("songs", allTime))?.entries ?? [];
    expect(chart.map(({ id }) => id)).toEqual(ranked(wanted.songs).slice(0, 500));
    expect(chart.map(({ plays }) => plays)).toEqual(chart.map(({ id }) => wanted.songs.get(id)?.plays));
    expect(deployed.profiles.size).toBe(wanted.listeners.size);
    for (const [id, profile] of deployed.profiles) {
      const listener = wanted.listeners.get(id);
      expect([id, profile.plays, profile.listenedMs]).toEqual([id, listener?.plays, listener?.listenedMs]);
    }
  });

  test("are counted, and folded into profiles, by several workers side by side", async () => {
    const { epoch: latest = 0 } = (await epochs.latest()) ?? {};
    const numbers = Array.from({ length: latest }, (_, i) => (i + 1) as EpochNumber);
    const records = await Promise.all(numbers.map((epoch) => epochs.read(epoch)));

    const counted = records.filter((record) => record?.workers === 3);
    const folded = records.filter((record) => (record?.profiles?.folding ?? 0) > 1);
    expect(counted.length).toBeGreaterThan(0);
    expect(folded.length).toBeGreaterThan(0);
    for (const record of counted) expect(record?.figures?.["mapReduce"]).toMatchObject({ workers: 3 });
    for (const record of folded)
      expect(record?.figures?.["userBehavior"]).toMatchObject({ workers: record?.profiles?.folding });
  });

  test("are archived, every record once, as it was put and each listener's in order", async () => {
    const client = createS3Client();
    const archive = new S3Archive(client, system.deployment.archiveBucket, nodeArchiveZip);
    const records = await eventually("everything to be archived", async () => {
      const found: ArchivedRecord[] = [];
      for await (const record of readArchive(archive)) found.push(record);
      return found.length >= put.size && found;
    });
    client.destroy();

    const [archived, wanted] = [new Map<string, string[]>(), new Map<string, string[]>()];
    for (const { partitionKey, sequenceNumber, data } of records) {
      const list = archived.get(partitionKey) ?? [];
      archived.set(partitionKey, [...list, `${sequenceNumber} ${Buffer.from(data).toString("base64")}`]);
    }
    for (const [sequenceNumber, { key, data }] of put) {
      const list = wanted.get(key) ?? [];
      wanted.set(key, [...list, `${sequenceNumber} ${Buffer.from(data).toString("base64")}`]);
    }
    expect(put.size).toBeGreaterThan(100);
    expect(records).toHaveLength(put.size);
    expect(archived).toEqual(wanted);
  });

  test("give the same charts, profiles and trending songs, byte for byte", async () => {
    const { epoch } = await system.stats();
    const here = comparable(embedded);
    const there = comparable(deployed);

    expect(there).toEqual(here);
    const text = JSON.stringify(there);
    expect(text).toBe(JSON.stringify(here));
    const entries = [...deployed.charts.values()].reduce((sum, chart) => sum + chart.entries.length, 0);
    console.log(
      `parity: ${metrics.input.plays} plays, ${metrics.input.duplicates} duplicates, ${metrics.input.rejected} rejects, ` +
        `${deployed.songs} songs, ${deployed.profiles.size} listeners, ${deployed.charts.size} charts with ${entries} entries, ` +
        `${epoch} epochs deployed, ${Buffer.byteLength(text)} bytes compared`,
    );
    // What the data are there for: windows of several days, and totals that are added to more than once.
    expect(epoch).toBeGreaterThanOrEqual(parts);
    expect(deployed.charts.size).toBeGreaterThan(12);
  });

  test("give the figures that earworm analyze writes, byte for byte", () => {
    const { mapreduce_results, userbehavior_results, recommendation_results } = metrics;

    expect(JSON.stringify(figuresOf(deployed), undefined, 1)).toBe(
      JSON.stringify({ mapreduce_results, userbehavior_results, recommendation_results }, undefined, 1),
    );
  });

  test.each(lists)("are in the deployed API's charts of %s as they are embedded", async (list) => {
    for (const window of chartWindows) {
      const { body } = await system.publicApi.get<ChartAnswer>(`/charts/${list}?window=${window}&limit=500`);
      const now = Date.parse(body.now) as EpochMs;
      const key = chartKey(list, currentWindows(now)[window]);
      if (!isSameDay && window.startsWith("hot")) continue;
      if (!isSameHour && window === "rising") continue;

      expect(body.entries.map(withoutLog)).toEqual(viewed(embedded.charts.get(key), window, now));
    }
  });

  test("give every listener the same recommendations over the deployed API", async () => {
    const { songs } = decodeTrending(isSameDay ? embedded.trending : deployed.trending);
    const listeners = [...embedded.profiles];

    for (const [id, profile] of listeners) {
      const { body } = await system.api.get<{
        readonly recommendations: readonly { readonly id: string; readonly title: string }[];
      }>(`/users/${encodeURIComponent(id)}/recommendations?k=10`);
      const picks = recommend(profile, songs, 10).map(({ id, title }) => ({ id, title }));

      expect(body.recommendations.map(({ id, title }) => ({ id, title }))).toEqual(picks);
    }
    expect(listeners.length).toBeGreaterThan(100);
  });
});

/** Entries as the API shows them, without what belongs to a store's log. */
const viewed = (chart: Chart | undefined, window: ChartWindow, now: EpochMs): Record<string, unknown>[] =>
  chart === undefined
    ? []
    : viewChart(chart, window, now, 500).map((entry) =>
        withoutLog({ ...entry, first_played_at: new Date(entry.first_played_at).toISOString() }),
      );

function withoutLog({
  previous_rank: _previous,
  peak: _peak,
  back: _back,
  ...entry
}: Record<string, unknown>) {
  return entry;
}

/** The figures of `earworm analyze`, made of what the deployed stack published. */
function figuresOf({ charts, profiles, songs }: DeployedRun) {
  const chart = charts.get(chartKey("songs", allTime))?.entries ?? [];
  const trending = chart.slice(0, 5);
  const byTime = [...profiles.values()].sort(
    (a, b) =>
      b.listenedMs - a.listenedMs ||
      a.firstHeardAt - b.firstHeardAt ||
      Buffer.compare(Buffer.from(a.userId), Buffer.from(b.userId)),
  );
  return {
    mapreduce_results: {
      count_keys: songs,
      top_songs: firstOf(chart.map((song) => [nameOf(song), song.plays])),
    },
    userbehavior_results: {
      num_users: profiles.size,
      users: [...profiles.values()].map((profile) => ({
        user_id: profile.userId,
        total_time: profile.listenedMs / 1000,
        top_artist: favouriteArtist(profile) ?? null,
      })),
      top_users: byTime.slice(0, 500).map(({ userId }) => userId),
    },
    recommendation_results: {
      num_trending: trending.length,
      trending_songs: trending.map(nameOf),
      recommendations: firstOf(
        [...profiles.values()].map((profile) => [profile.userId, recommend(profile, trending).map(nameOf)]),
      ),
    },
  };
}

const nameOf = ({ artist, title, id }: Candidate): string => `${artist} - ${title === "" ? id : title}`;

/** Of equal names the first stays, in its place. */
function firstOf<V>(entries: readonly (readonly [string, V])[]): Record<string, V> {
  const first = new Map<string, V>();
  for (const [name, value] of entries) if (!first.has(name)) first.set(name, value);
  return Object.fromEntries(first);
}
