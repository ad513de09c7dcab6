import type { EpochRecord } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { origin, type Position, sequenceNumberOf } from "#src/domain/position.ts";
import { publicLists } from "#src/wire/push-protocol.ts";
import type { ChartPlace, EpochHop, Trace, TracedArrival } from "./trace-event.ts";

/** A line of the table: what happened, when, and what there is to say. */
interface Hop {
  readonly name: string;
  readonly at: EpochMs | undefined;
  readonly text: string;
}

/** What people read: a table of hops for each arrival that counted, and a line for each that did not. */
export function reportLines({ eventId, arrivals }: Trace): readonly string[] {
  const of = (kind: OutcomeKind) => arrivals.filter(({ outcome }) => outcome.kind === kind);
  const others = [
    of("duplicate").map(duplicateLine),
    of("repeat").map(repeatLine),
    of("reject").map(rejectLine),
  ];
  return [
    `event ${eventId}: ${summary(arrivals)}`,
    ...of("counted").flatMap((arrival) => ["", ...tableOf(hopsOf(arrival))]),
    ...others.flatMap((lines) => (lines.length === 0 ? [] : ["", ...lines])),
    ...(arrivals.some(({ isConfirmed }) => isConfirmed) ? [] : ["", unconfirmed]),
  ];
}

type OutcomeKind = TracedArrival["outcome"]["kind"];

const countOf = (arrivals: readonly TracedArrival[], kind: OutcomeKind): number =>
  arrivals.filter(({ outcome }) => outcome.kind === kind).length;

const unconfirmed = "found by the id's 64-bit hash: the segments keep only a sample of plays in full";

function summary(arrivals: readonly TracedArrival[]): string {
  const counted = countOf(arrivals, "counted");
  const rejects = countOf(arrivals, "reject");
  const arrived = arrivals.length - rejects;
  const parts = [
    ...(arrived === 0 ? [] : [arrived === 1 ? "arrived once" : `arrived ${arrived} times`]),
    ...(counted === 0 ? [] : [counted === 1 ? "counted once" : `counted ${counted} times`]),
    ...(counted === 0 && arrived > 0 ? ["counted before this window"] : []),
    ...(counted > 1 ? ["arrivals further apart than the dedupe horizon, or in several shards"] : []),
    ...(rejects === 0 ? [] : [rejects === 1 ? "rejected once" : `rejected ${rejects} times`]),
  ];
  return parts.join(", ");
}

function hopsOf({ arrivedAt, segment, outcome, epoch }: TracedArrival): readonly Hop[] {
  const { shard, position } = segment.head;
  const isCharted = outcome.kind === "counted" && outcome.play.qualified;
  return [
    { name: "received", at: arrivedAt, text: `${shard}, ${sequenceText(segment)}` },
    { name: "segment", at: writtenAtOf(segment), text: `position ${shortPosition(position)}` },
    ...(epoch === undefined
      ? [{ name: "epoch", at: undefined, text: "none owns it yet" }]
      : epochHops(epoch, isCharted)),
  ];
}

function epochHops({ record, publishedAt, places, broadcast }: EpochHop, isCharted: boolean): readonly Hop[] {
  const charts = isCharted ? placesText(places) : "not charted: too short to count as a play";
  return [
    { name: "epoch", at: record.now, text: `${record.epoch} started${withWorkers(record)}` },
    { name: "chart", at: publishedAt, text: charts },
    { name: "epoch", at: record.committedAt, text: `${record.epoch} ${record.status}` },
    {
      name: "pushed",
      at: broadcast?.at,
      text:
        broadcast === undefined
          ? "not yet, or the broadcast failed"
          : `${broadcast.messages} messages, ${broadcast.failed} failed`,
    },
  ];
}

const withWorkers = ({ workers = 1 }: EpochRecord): string => (workers > 1 ? ` with ${workers} workers` : "");

function placesText(places: readonly ChartPlace[]): string {
  if (places.length === 0) return "outside the first 500 of every chart";
  const texts = publicLists.map((list) => {
    const ofList = places.filter(({ channel }) => channel.startsWith(`${list}.`));
    const ranks = ofList.map(({ channel, rank }) => `${channel.slice(list.length + 1)} ${rank}`);
    return ranks.length === 0 ? "" : `${list} ${ranks.join(", ")}`;
  });
  return `rank in ${texts.filter((text) => text !== "").join("; ")}`;
}

/** Hops under each other, each with the time since the one before it that has one. */
function tableOf(hops: readonly Hop[]): readonly string[] {
  let before: EpochMs | undefined;
  const rows = hops.map(({ name, at, text }) => {
    const delay = at === undefined || before === undefined ? "" : signed(at - before);
    before = at ?? before;
    return `${name.padEnd(9)} ${timeText(at).padEnd(24)} ${delay.padStart(10)}  ${text}`;
  });
  const [first] = hops;
  const last = hops.findLast(({ at }) => at !== undefined);
  if (first?.at === undefined || last?.at === undefined || last === first) return rows;
  return [...rows, `${"in all".padEnd(34)} ${signed(last.at - first.at).padStart(10)}`];
}

const duplicateLine = ({ arrivedAt, segment }: TracedArrival): string =>
  `duplicate ${timeText(arrivedAt)} ${segment.head.shard}, ${sequenceText(segment)}`;

function repeatLine({ arrivedAt, segment, outcome }: TracedArrival): string {
  const before = outcome.kind === "repeat" ? `counted before, in epoch ${outcome.countedIn}` : "";
  return `repeat    ${timeText(arrivedAt)} ${segment.head.shard}, ${sequenceText(segment)}: ${before}`;
}

function rejectLine({ arrivedAt, segment, outcome }: TracedArrival): string {
  const { sequenceNumber, reason } = outcome.kind === "reject" ? outcome : { sequenceNumber: "", reason: "" };
  return `reject    ${timeText(arrivedAt)} ${segment.head.shard}, sequence number ${sequenceNumber}: ${reason}`;
}

/** What `--json` prints: the same, with every time as epoch ms. */
export function reportJson({ eventId, arrivals }: Trace): object {
  return {
    event_id: eventId,
    arrived: arrivals.length - countOf(arrivals, "reject"),
    counted: countOf(arrivals, "counted"),
    arrivals: arrivals.map(arrivalJson),
  };
}

function arrivalJson({ arrivedAt, segment, outcome, isConfirmed, epoch }: TracedArrival): object {
  return {
    outcome: outcome.kind,
    confirmed: isConfirmed,
    received: {
      at: arrivedAt,
      shard: segment.head.shard,
      ...(outcome.kind === "reject"
        ? { sequence_number: outcome.sequenceNumber }
        : {
            after_sequence_number: sequenceNumberOf(segment.previous),
            up_to_sequence_number: sequenceNumberOf(segment.head.position),
          }),
    },
    ...(outcome.kind === "reject" ? { reason: outcome.reason } : {}),
    ...(outcome.kind === "repeat" ? { counted_in: outcome.countedIn } : {}),
    segment: { at: writtenAtOf(segment) ?? null, position: segment.head.position },
    epoch: epoch === undefined ? null : epochJson(epoch),
  };
}

function epochJson({ record, publishedAt, places, broadcast }: EpochHop): object {
  return {
    number: record.epoch,
    status: record.status,
    workers: record.workers ?? 1,
    started_at: record.now,
    published_at: publishedAt ?? null,
    committed_at: record.committedAt ?? null,
    charts: places,
    pushed: broadcast ?? null,
  };
}

/** Segments of an earlier version have no time. */
const writtenAtOf = ({ writtenAt }: TracedArrival["segment"]): EpochMs | undefined =>
  writtenAt === 0 ? undefined : writtenAt;

/** A segment knows its records' sequence numbers only together. */
function sequenceText({ previous, head }: TracedArrival["segment"]): string {
  const [after, upTo] = [sequenceNumberOf(previous), sequenceNumberOf(head.position)];
  if (after === upTo) return `sequence number ${upTo}`;
  return previous === origin
    ? `sequence number up to ${upTo}`
    : `sequence number after ${after}, up to ${upTo}`;
}

const shortPosition = (position: Position): string => position.replace(/^0+(?=\d)/, "");
const timeText = (at: EpochMs | undefined): string => (at === undefined ? "-" : new Date(at).toISOString());
const signed = (ms: number): string => `${ms < 0 ? "" : "+"}${ms} ms`;
