import type { ChartList } from "../domain/chart.ts";
import { type DimensionList, listOfDimension } from "../domain/charted-counters.ts";
import { type Dimension, dimensions } from "../domain/counter.ts";
import type { RecentPlay } from "../domain/recent-feed.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { type ChartWindow, chartWindows } from "../domain/windows.ts";
import type { ChartChange } from "./chart-delta.ts";
import type { ChartEntryView, Decay } from "./chart-view.ts";
import { isObject, type JsonObject } from "./json.ts";
import type { MinuteView } from "./minutes.ts";
import { parseJson, utf8Length } from "./play-codec.ts";
import { maxFrameBytes, maxMessageBytes, maxSnapshotEntries } from "./push-limits.ts";
import { type RecentChange, type ShownFeed, viewRecent } from "./recent-feed.ts";
import { showValue } from "./show-value.ts";
import type { EndingsView } from "./skips-view.ts";
import type { StatsView } from "./stats-view.ts";

/*
 * What travels over the WebSocket; docs/protocol.md explains it, docs/asyncapi.yaml has the schemas. A message is one JSON
 * object; times are epoch ms.
 *
 * A version is {log, seq}: `log` is the store and the window's instance, `seq` counts the versions inside a log. A
 * `seq` says nothing about another log: when a window rolls over, or the data directory is another one, the log changes.
 * A delta leads from the version before its `seq` to it, and one that says `from` from any version since that: who holds
 * another one asks again with `since`, and gets the deltas that are missing or a snapshot. Answers may overtake each other (a snapshot on request and a broadcast),
 * so a client that holds a snapshot of `epoch` n drops one of the same channel with a smaller epoch.
 */

export const publicLists = ["songs", "artists"] as const;
export type PublicList = (typeof publicLists)[number];

/** `dims.genre`: today's chart of a dimension's values. */
export type DimensionChannel = `dims.${Dimension}`;
export type ChartChannel = `${PublicList}.${ChartWindow}` | DimensionChannel;
export type Channel = ChartChannel | "dims.skips" | "stats" | "plays.recent";

export const channels: readonly Channel[] = [
  ...publicLists.flatMap((list) => chartWindows.map((window) => `${list}.${window}` as const)),
  ...dimensions.map((dimension) => `dims.${dimension}` as const),
  "dims.skips",
  "stats",
  "plays.recent",
];

/** What a channel carries. */
export type Topic =
  | { readonly kind: "chart"; readonly list: PublicList | DimensionList; readonly window: ChartWindow }
  | { readonly kind: "skips" }
  | { readonly kind: "stats" }
  | { readonly kind: "recent" };

export interface Version {
  readonly log: string;
  readonly seq: number;
}

export type ClientMessage =
  | { readonly action: "subscribe"; readonly channel: Channel; readonly since: Version | undefined }
  | { readonly action: "unsubscribe"; readonly channel: Channel }
  | { readonly action: "ping" };

export const errorReasons = [
  "too_large",
  "bad_json",
  "unknown_action",
  "unknown_channel",
  "bad_since",
  "too_many_subscriptions",
] as const;
type ErrorReason = (typeof errorReasons)[number];

export interface ProtocolError {
  readonly reason: ErrorReason;
  readonly message: string;
  readonly channel?: Channel;
}

interface Current extends Version {
  readonly channel: Channel;
  /** The committed epoch as of which this holds; 0 before the first. */
  readonly epoch: number;
  /** That epoch's clock. */
  readonly now: number;
}

export interface ChartSnapshot extends Current {
  readonly type: "snapshot";
  readonly channel: ChartChannel;
  readonly total: number;
  /** In `hot` and `hot24`: how the scores fade. */
  readonly decay?: Decay;
  readonly entries: readonly ChartEntryView[];
}

/** What changed in a chart since the version before; `applyChange` of chart-delta.ts puts it in. */
export interface ChartDelta extends Current, ChartChange {
  readonly type: "delta";
  readonly channel: ChartChannel;
}

export interface RecentSnapshot extends Current, ShownFeed {
  readonly type: "snapshot";
  readonly channel: "plays.recent";
}

/** What came into the feed; `applyRecentDelta` of recent-feed.ts puts it in. */
export interface RecentDelta extends Current, RecentChange {
  readonly type: "delta";
  readonly channel: "plays.recent";
  /** It is for whoever holds a version from this one on. */
  readonly from: number;
}

export interface StatsSnapshot extends Current {
  readonly type: "snapshot";
  readonly channel: "stats";
  readonly stats: StatsView;
  /** The last hour's minutes with plays, by arrival, oldest first. */
  readonly minutes: readonly MinuteView[];
}

/** The totals, and the minutes that changed; `applyMinutes` of minutes.ts puts these in. */
export interface StatsDelta extends Omit<StatsSnapshot, "type"> {
  readonly type: "delta";
  /** It is for whoever holds a version from this one on. */
  readonly from: number;
}

export interface SkipsSnapshot extends Current, EndingsView {
  readonly type: "snapshot";
  readonly channel: "dims.skips";
}

/** The answer to a `subscribe` whose `since` is the newest version: the client already has it. */
export interface CurrentMessage extends Current {
  readonly type: "current";
}

/** The newest version of each channel the connection is subscribed to: who holds an older one subscribes again. */
export interface PongMessage {
  readonly type: "pong";
  /** The server's clock. */
  readonly at: number;
  readonly channels: Readonly<Partial<Record<Channel, Version>>>;
}

interface ErrorMessage extends ProtocolError {
  readonly type: "error";
}

export type ServerMessage =
  | ChartSnapshot
  | RecentSnapshot
  | StatsSnapshot
  | SkipsSnapshot
  | ChartDelta
  | RecentDelta
  | StatsDelta
  | CurrentMessage
  | PongMessage
  | ErrorMessage;

export function isChannel(name: unknown): name is Channel {
  return (channels as readonly unknown[]).includes(name);
}

export function topicOf(channel: Channel): Topic {
  if (channel === "stats") return { kind: "stats" };
  if (channel === "plays.recent") return { kind: "recent" };
  if (channel === "dims.skips") return { kind: "skips" };
  const [list, detail] = channel.split(".") as [PublicList, ChartWindow] | ["dims", Dimension];
  if (list === "dims") return { kind: "chart", list: listOfDimension[detail], window: "day" };
  return { kind: "chart", list, window: detail };
}

const pushedCharts: ReadonlySet<string> = new Set(
  channels.map(topicOf).flatMap((topic) => (topic.kind === "chart" ? [`${topic.list}.${topic.window}`] : [])),
);

/** Whether a chart's current instance can be subscribed to. */
export const isPushed = (list: ChartList, window: ChartWindow): boolean =>
  pushedCharts.has(`${list}.${window}`);

/** Reads what a client sent. Never throws; the error is meant for `encodeError`. */
export function decodeClientMessage(text: string): Result<ClientMessage, ProtocolError> {
  if (text.length > maxMessageBytes || utf8Length(text) > maxMessageBytes) {
    return refuse("too_large", `a message may have ${maxMessageBytes} bytes`);
  }
  const json = parseObject(text);
  if (json === undefined) return refuse("bad_json", "a message is one JSON object");
  const action = json["action"];
  if (action === "ping") return ok({ action });
  if (action !== "subscribe" && action !== "unsubscribe") {
    return refuse("unknown_action", `action is subscribe, unsubscribe or ping, not ${showValue(action)}`);
  }
  const channel = json["channel"];
  if (!isChannel(channel)) return refuse("unknown_channel", `there is no channel ${showValue(channel)}`);
  if (action === "unsubscribe") return ok({ action, channel });
  const since = json["since"] ?? undefined;
  if (since === undefined) return ok({ action, channel, since });
  const version = decodeVersion(since);
  if (version !== undefined) return ok({ action, channel, since: version });
  return err({ reason: "bad_since", message: `since is {log, seq}, not ${showValue(since)}`, channel });
}

export const encodeError = (error: ProtocolError): string => encode({ type: "error", ...error });

export const encodeCurrent = (current: Omit<CurrentMessage, "type">): string =>
  encode({ type: "current", ...current });

export const encodePong = (at: number, versions: PongMessage["channels"]): string =>
  encode({ type: "pong", at, channels: versions });

export const encodeStatsSnapshot = (snapshot: Omit<StatsSnapshot, "type" | "channel">): string =>
  encode({ type: "snapshot", channel: "stats", ...snapshot });

export const encodeStatsDelta = (delta: Omit<StatsDelta, "type" | "channel">): string =>
  encode({ type: "delta", channel: "stats", ...delta });

export const encodeSkipsSnapshot = (snapshot: Omit<SkipsSnapshot, "type" | "channel">): string =>
  encode({ type: "snapshot", channel: "dims.skips", ...snapshot });

/** The entries are those that `viewShown` shows, which fit in a frame; `total` is how many there are. */
export const encodeChartSnapshot = (snapshot: Omit<ChartSnapshot, "type">): string =>
  encode({ type: "snapshot", ...snapshot });

export function encodeChartDelta(current: Current, change: ChartChange): string {
  const { total, leave, enter, update } = change;
  return encode({
    type: "delta",
    ...current,
    channel: current.channel as ChartChannel,
    ...{ total, leave, enter, update },
  });
}

/** As many of the newest plays as a frame holds. */
export function encodeRecentSnapshot(
  snapshot: Omit<RecentSnapshot, "type" | "channel" | "entries" | "total">,
  plays: readonly RecentPlay[],
): string {
  const head = { type: "snapshot", channel: "plays.recent", ...snapshot, total: plays.length };
  return encodeList(head, plays.slice(0, maxSnapshotEntries).map(viewRecent));
}

export const encodeRecentDelta = (
  delta: Omit<RecentDelta, "type" | "channel" | "enter">,
  enter: readonly RecentPlay[],
): string => encode({ type: "delta", channel: "plays.recent", ...delta, enter: enter.map(viewRecent) });

/** A server message as a client gets it; undefined where it is none, so that a newer server does not break a client. */
export function readServerMessage(json: unknown): ServerMessage | undefined {
  const isKnown = isObject(json) && serverMessageTypes.includes(String(json["type"]));
  return isKnown ? (json as unknown as ServerMessage) : undefined;
}

const serverMessageTypes: readonly string[] = ["snapshot", "delta", "current", "pong", "error"];

function encode(message: ServerMessage): string {
  return JSON.stringify(message);
}

function encodeList(head: object, entries: readonly object[]): string {
  const opening = `${JSON.stringify(head).slice(0, -1)},"entries":[`;
  const closing = "]}";
  let bytes = utf8Length(opening) + closing.length;
  const parts: string[] = [];
  for (const entry of entries.slice(0, maxSnapshotEntries)) {
    const part = JSON.stringify(entry);
    bytes += utf8Length(part) + 1;
    if (bytes > maxFrameBytes) break;
    parts.push(part);
  }
  return opening + parts.join(",") + closing;
}

function decodeVersion(json: unknown): Version | undefined {
  if (!isObject(json)) return undefined;
  const { log, seq } = json;
  const isVersion = typeof log === "string" && typeof seq === "number" && Number.isSafeInteger(seq);
  return isVersion ? { log, seq } : undefined;
}

function parseObject(text: string): JsonObject | undefined {
  const parsed = parseJson(text);
  return parsed.ok && isObject(parsed.value) ? parsed.value : undefined;
}

const refuse = (reason: ErrorReason, message: string): Result<never, ProtocolError> =>
  err({ reason, message });
