import { MemoryConnectionStore } from "#src/adapters/memory/memory-connection-store.ts";
import { MemoryCounterStore } from "#src/adapters/memory/memory-counter-store.ts";
import { MemoryEpochLog } from "#src/adapters/memory/memory-epoch-log.ts";
import { MemoryLogger } from "#src/adapters/memory/memory-logger.ts";
import { MemoryMetrics } from "#src/adapters/memory/memory-metrics.ts";
import { MemoryProfileStore } from "#src/adapters/memory/memory-profile-store.ts";
import { MemoryPublicationStore } from "#src/adapters/memory/memory-publication-store.ts";
import { MemoryRejectStore } from "#src/adapters/memory/memory-reject-store.ts";
import type { Chart, ChartEntry } from "#src/domain/chart.ts";
import type { EpochNumber, EpochRecord } from "#src/domain/epoch.ts";
import type { EpochMs, Play } from "#src/domain/play.ts";
import { type Head, origin, type ShardCounts, type ShardKey } from "#src/domain/position.ts";
import type { RecentFeed } from "#src/domain/recent-feed.ts";
import { currentWindows } from "#src/domain/windows.ts";
import type { ConnectionGateway } from "#src/ports/connection-gateway.ts";
import type { ConnectionId } from "#src/ports/connection-store.ts";
import { chartKey, encodeChart } from "#src/wire/chart-codec.ts";
import { aMoment } from "./arbitraries.ts";

/** Keeps what was sent; behaves as told for some connections. */
class MemoryGateway implements ConnectionGateway {
  readonly sent: { readonly connection: string; readonly message: Record<string, unknown> }[] = [];
  readonly behaviour = new Map<string, "gone" | "fails" | "hangs">();

  send(connection: ConnectionId, frame: string): Promise<"sent" | "gone"> {
    const behaviour = this.behaviour.get(connection);
    if (behaviour === "gone") return Promise.resolve("gone");
    if (behaviour === "fails") return Promise.reject(new Error("no route to the client"));
    if (behaviour === "hangs") return new Promise(() => {});
    const messages = [JSON.parse(frame)].flat(); // one, or an array of them
    for (const message of messages) this.sent.push({ connection, message });
    return Promise.resolve("sent");
  }

  to(connection: string): Record<string, unknown>[] {
    return this.sent.filter((each) => each.connection === connection).map(({ message }) => message);
  }
}

/** The stores that readers of published charts need, in memory, with the time at `aMoment`. */
export const memoryStores = () => ({
  publications: new MemoryPublicationStore(),
  counters: new MemoryCounterStore(),
  epochs: new MemoryEpochLog(),
  rejects: new MemoryRejectStore(),
  profiles: new MemoryProfileStore(),
  connections: new MemoryConnectionStore(),
  gateway: new MemoryGateway(),
  logger: new MemoryLogger(),
  metrics: new MemoryMetrics(),
  clock: () => aMoment,
});
export type MemoryStores = ReturnType<typeof memoryStores>;

export const aHead = (counts: Partial<ShardCounts> = {}): Head => ({
  shard: "plays/shardId-000000000000" as ShardKey,
  position: origin,
  counts: { plays: 0, unqualified: 0, duplicates: 0, rejects: 0, ...counts },
  arrivedAt: aMoment,
});

export function anEpoch(epoch: number, overrides: Partial<EpochRecord> = {}): EpochRecord {
  const now = overrides.now ?? aMoment;
  return {
    epoch: epoch as EpochNumber,
    status: "open",
    storeId: "store",
    from: [],
    to: [],
    now,
    windows: currentWindows(now),
    ...overrides,
  };
}

/** Writes a record and commits it. */
export async function commitEpoch({ epochs }: MemoryStores, record: EpochRecord): Promise<void> {
  await epochs.create(record);
  await epochs.commit(record.epoch, {}, record.now);
}

export const anEntry = (id: string, overrides: Partial<ChartEntry> = {}): ChartEntry => ({
  id,
  title: `title of ${id}`,
  artist: "Coldplay",
  score: 3n,
  plays: 3,
  listenedMs: 600_000,
  firstPlayedAt: (aMoment - 60_000) as EpochMs,
  previousRank: undefined,
  peak: 1,
  ...overrides,
});

/** A feed of these plays, which came into it in one epoch. */
export const aFeed = (plays: readonly Play[], epoch = 1): RecentFeed => ({
  plays: plays.map((play, n) => ({
    key: `${epoch}-${n}`,
    epoch: epoch as EpochNumber,
    arrivedAt: (play.startedAt + 1000) as EpochMs,
    play,
  })),
  rewrittenIn: 0,
});

export async function publishChart({ publications }: MemoryStores, chart: Chart): Promise<void> {
  await publications.write(chartKey(chart.list, chart.window), {
    epoch: chart.epoch,
    body: encodeChart(chart),
  });
}

/** The songs of today as of an epoch. */
export const todaysSongs = (epoch: number, seq: number, entries: readonly ChartEntry[]): Chart => ({
  list: "songs",
  window: currentWindows(aMoment).day,
  epoch: epoch as EpochNumber,
  seq,
  entries,
  departures: [],
});
