import { applyChange } from "#src/wire/chart-delta.ts";
import { applyMinutes } from "#src/wire/minutes.ts";
import type {
  Channel,
  ChartChannel,
  ChartSnapshot,
  RecentSnapshot,
  ServerMessage,
  SkipsSnapshot,
  StatsSnapshot,
  Version,
} from "#src/wire/push-protocol.ts";
import { applyRecentDelta } from "#src/wire/recent-feed.ts";

export type Snapshot = Extract<ServerMessage, { type: "snapshot" }>;
type Delta = Extract<ServerMessage, { type: "delta" }>;
type Current = Extract<ServerMessage, { type: "current" }>;

/** What a channel shows now, whether it came as a whole or in parts. */
export type Held<C extends Channel> = C extends ChartChannel
  ? ChartSnapshot
  : C extends "stats"
    ? StatsSnapshot
    : C extends "dims.skips"
      ? SkipsSnapshot
      : RecentSnapshot;

/** So many deltas are kept that came before the one they follow on; the server keeps as many. */
const maxEarly = 20;

/**
 * A client's copy of one channel. Messages may be lost, come twice and overtake each other: what is held never goes back
 * to an older version, and a delta that comes too early waits for the one that is missing.
 */
export class ChannelCopy {
  #held: Snapshot | undefined;
  #isBroken = false;
  /** In the order of their numbers. */
  #early: Delta[] = [];

  get held(): Snapshot | undefined {
    return this.#held;
  }

  /** What to ask for more since; undefined where only the whole helps. */
  get version(): Version | undefined {
    if (this.#held === undefined || this.#isBroken) return undefined;
    const { log, seq } = this.#held;
    return { log, seq };
  }

  /** Whether something is missing, so that it must be asked for. */
  get isBehind(): boolean {
    return this.version === undefined || this.#early.length > 0;
  }

  /** @returns whether what is held is another version now */
  take(message: Snapshot | Delta | Current): boolean {
    const before = this.version;
    if (message.type === "snapshot") this.#takeSnapshot(message);
    else if (message.type === "delta") this.#takeDelta(message);
    else this.#confirm(message);
    return this.version !== undefined && (before === undefined || !isSameVersion(this.version, before));
  }

  #takeSnapshot(snapshot: Snapshot): void {
    if (!this.#isBroken && this.#isOlder(snapshot)) return;
    this.#held = snapshot;
    this.#isBroken = false;
    this.#early = this.#early.filter(({ log }) => isSameStore(log, snapshot.log));
    this.#applyEarly();
  }

  #takeDelta(delta: Delta): void {
    this.#early = [...this.#early.filter((other) => !isSameVersion(other, delta)), delta]
      .sort((a, b) => a.seq - b.seq)
      .slice(-maxEarly);
    this.#applyEarly();
  }

  /** The version is still the newest, as of a later epoch. */
  #confirm({ log, seq, epoch, now }: Current): void {
    const held = this.#held;
    if (held?.log === log && held.seq === seq && held.epoch < epoch) this.#held = { ...held, epoch, now };
  }

  /** Whether it is of an earlier version or epoch of the store that the held version is of. */
  #isOlder({ log, seq, epoch }: Snapshot | Delta): boolean {
    const held = this.#held;
    if (held === undefined) return false;
    if (held.log === log) return seq < held.seq || (seq === held.seq && epoch < held.epoch);
    return isSameStore(held.log, log) && epoch < held.epoch;
  }

  #applyEarly(): void {
    for (let held = this.#held; held !== undefined && !this.#isBroken; held = this.#held) {
      const newest = held;
      this.#early = this.#early.filter((delta) => !this.#isOlder(delta) && !isSameVersion(newest, delta));
      const fitting = this.#early.find((delta) => follows(newest, delta));
      if (fitting === undefined) return;
      const next = applyDelta(newest, fitting);
      // One that has the right number and does not fit: what is held is not what the server thinks it is.
      if (next === undefined) this.#isBroken = true;
      else this.#held = next;
    }
  }
}

function follows(held: Snapshot, delta: Delta): boolean {
  if (held.log !== delta.log || held.channel !== delta.channel) return false;
  const from = "from" in delta ? delta.from : delta.seq - 1;
  return from <= held.seq && held.seq < delta.seq;
}

/** @returns undefined where the delta belongs to something else */
function applyDelta(held: Snapshot, delta: Delta): Snapshot | undefined {
  const { seq, epoch, now } = delta;
  if (held.channel === "stats" && delta.channel === "stats") {
    const minutes = applyMinutes(held.minutes, delta.minutes);
    return { ...held, seq, epoch, now, stats: delta.stats, minutes };
  }
  if (held.channel === "plays.recent" && delta.channel === "plays.recent")
    return { ...held, seq, epoch, now, ...applyRecentDelta(held, delta) };
  if (!isChart(held) || !("leave" in delta)) return undefined;
  const entries = applyChange(held.entries, delta);
  return entries && { ...held, seq, epoch, now, total: delta.total, entries };
}

const isChart = (held: Snapshot): held is ChartSnapshot =>
  "entries" in held && held.channel !== "plays.recent";

const isSameVersion = (a: Version, b: Version): boolean => a.log === b.log && a.seq === b.seq;

/** A log is the store's id, a slash and what it is a log of. */
const isSameStore = (a: string, b: string): boolean => a.split("/")[0] === b.split("/")[0];
