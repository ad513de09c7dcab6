import type { ChartList } from "#src/domain/chart.ts";
import type { BroadcastOutcome, EpochNumber, EpochRecord } from "#src/domain/epoch.ts";
import type { EpochMs, EventId } from "#src/domain/play.ts";
import {
  allTime,
  type ChartWindow,
  chartWindows,
  risingWindow,
  type WindowId,
  windowShares,
} from "#src/domain/windows.ts";
import type { ClaimStore } from "#src/ports/claim-store.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import { chartKey, decodeChart } from "#src/wire/chart-codec.ts";
import { publicLists } from "#src/wire/push-protocol.ts";
import { findEpoch } from "./find-epoch.ts";
import { type Arrival, type CountedPlay, type EventSearch, findEvent } from "./find-event.ts";
import { findRepeats, type OwnedArrival } from "./find-repeats.ts";

/** What tracing reads. It writes nothing. */
export interface TraceSource {
  readonly segments: Pick<SegmentStore, "readHeads" | "readBack">;
  readonly epochs: Pick<EpochLog, "latest" | "read" | "readBroadcast">;
  readonly publications: Pick<PublicationStore, "read">;
  readonly claims: Pick<ClaimStore, "read">;
}

/** Where a play's song or artist stands in the newest version of a public chart. */
export interface ChartPlace {
  readonly channel: `${ChartList}.${ChartWindow}`;
  readonly window: WindowId;
  readonly rank: number;
  readonly plays: number;
  readonly seq: number;
  /** The epoch that wrote this version: the play's own, or a later one. */
  readonly epoch: number;
}

/** What became of an arrival after its segment. */
export interface EpochHop {
  readonly record: EpochRecord;
  /** When its charts were published; undefined for an epoch that has not come so far. */
  readonly publishedAt: EpochMs | undefined;
  /** Of a play that charts count. */
  readonly places: readonly ChartPlace[];
  readonly broadcast: BroadcastOutcome | undefined;
}

/** A marked play whose id had counted before (I3). */
export interface RepeatOutcome {
  readonly kind: "repeat";
  /** The epoch that counted it. */
  readonly countedIn: EpochNumber;
}

export interface TracedArrival extends Omit<Arrival, "outcome"> {
  readonly outcome: Arrival["outcome"] | RepeatOutcome;
  /** Undefined while no epoch owns the segment. */
  readonly epoch: EpochHop | undefined;
}

export interface Trace extends Pick<EventSearch, "shards"> {
  readonly eventId: string;
  /** In order of arrival; none where the id was not found. */
  readonly arrivals: readonly TracedArrival[];
}

/** Follows every arrival of an event id since a time through segment, epoch, charts and broadcast. */
export async function traceEvent(source: TraceSource, eventId: string, since: EpochMs): Promise<Trace> {
  const { arrivals, shards } = await findEvent(source.segments, eventId, since);
  const owned: OwnedArrival[] = [];
  for (const arrival of arrivals) {
    const { shard, position } = arrival.segment.head;
    owned.push({ arrival, record: await findEpoch(source.epochs, shard, position) });
  }
  const countedIn = await readClaim(source.claims, eventId, arrivals);
  const repeats = findRepeats(owned, countedIn);
  const traced: TracedArrival[] = [];
  for (const { arrival, record } of owned) {
    const isRepeat = countedIn !== undefined && repeats.has(arrival);
    const outcome = isRepeat ? { kind: "repeat" as const, countedIn } : arrival.outcome;
    const epoch = record && (await epochHop(source, record, outcome, arrival.arrivedAt));
    traced.push({ ...arrival, outcome, epoch });
  }
  return { eventId, arrivals: traced, shards };
}

/** The epoch that claimed the id, where marked plays ask for it. */
async function readClaim(
  claims: Pick<ClaimStore, "read">,
  eventId: string,
  arrivals: readonly Arrival[],
): Promise<EpochNumber | undefined> {
  const isMarked = arrivals.some(({ outcome }) => outcome.kind === "counted" && outcome.isMarked);
  return isMarked ? (await claims.read([eventId as EventId])).get(eventId as EventId) : undefined;
}

async function epochHop(
  { publications, epochs }: TraceSource,
  record: EpochRecord,
  outcome: TracedArrival["outcome"],
  arrivedAt: EpochMs,
): Promise<EpochHop> {
  const places =
    outcome.kind === "counted" ? await findPlaces(publications, record, outcome.play, arrivedAt) : [];
  const publishedAt = record.figures?.["mapReduce"]?.["publishedAt"] as EpochMs | undefined;
  return { record, publishedAt, places, broadcast: await epochs.readBroadcast(record.epoch) };
}

/** The places of a play in the charts that were current in its epoch and that it entered. */
async function findPlaces(
  publications: Pick<PublicationStore, "read">,
  record: EpochRecord,
  play: CountedPlay,
  arrivedAt: EpochMs,
): Promise<readonly ChartPlace[]> {
  if (!play.qualified) return [];
  const open = windowShares(play.startedAt).filter(({ closesAt }) => arrivedAt < closesAt);
  const rising = risingWindow(play.startedAt, record.now);
  const entered = new Set([allTime, rising, ...open.map(({ window }) => window)]);
  const places: ChartPlace[] = [];
  for (const list of publicLists) {
    for (const kind of chartWindows) {
      const window = record.windows[kind];
      if (!entered.has(window)) continue;
      const place = await findPlace(publications, list, window, list === "songs" ? play.track : play.artist);
      if (place !== undefined && place.epoch >= record.epoch) {
        places.push({ channel: `${list}.${kind}`, window, ...place });
      }
    }
  }
  return places;
}

async function findPlace(
  publications: Pick<PublicationStore, "read">,
  list: ChartList,
  window: WindowId,
  id: string,
): Promise<Pick<ChartPlace, "rank" | "plays" | "seq" | "epoch"> | undefined> {
  const key = chartKey(list, window);
  const publication = await publications.read(key);
  if (publication === undefined) return undefined;
  const { entries, seq, epoch } = decodeChart(publication.body, key);
  const index = entries.findIndex((entry) => entry.id === id);
  const entry = entries[index];
  return entry && { rank: index + 1, plays: entry.plays, seq, epoch };
}
