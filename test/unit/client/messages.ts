import type { ChartEntryView } from "#src/wire/chart-view.ts";
import type { ChartDelta, ChartSnapshot, CurrentMessage, Version } from "#src/wire/push-protocol.ts";

export const dayLog = "store/d.20261120";

export function anEntryView(id: string, rank: number, plays: number): ChartEntryView {
  return {
    ...{ rank, previous_rank: null, peak: rank, id, title: id, artist: "an artist" },
    ...{ plays, listened_ms: plays * 180_000, score: plays, first_played_at: 1000 },
  };
}

/** `songs.day` with these songs, the best first, each with one play fewer than the one before. */
export function aChart(
  seq: number,
  ids: readonly string[],
  over: Partial<ChartSnapshot> = {},
): ChartSnapshot {
  const entries = ids.map((id, index) => anEntryView(id, index + 1, 10 - index));
  const now = 1_000_000 + seq * 1000;
  return {
    ...{ type: "snapshot", channel: "songs.day", log: dayLog, seq, epoch: seq, now },
    ...{ total: ids.length, entries, ...over },
  };
}

/** A song enters at the top, and nothing else happens. */
export function entering(seq: number, id: string, over: Partial<ChartDelta> = {}): ChartDelta {
  return {
    ...{ type: "delta", channel: "songs.day", log: dayLog, seq, epoch: seq, now: 1_000_000 + seq * 1000 },
    ...{ total: seq, leave: [], enter: [anEntryView(id, 1, 100 + seq)], update: [], ...over },
  };
}

export function currentAt({ log, seq }: Version, epoch: number): CurrentMessage {
  return { type: "current", channel: "songs.day", log, seq, epoch, now: 1_000_000 + epoch * 1000 };
}

export const pongAt = (at: number, channels: Readonly<Record<string, Version>>) => ({
  type: "pong",
  at,
  channels,
});
