import { type Minute, seriesLengthMs } from "../domain/series.ts";

/** What arrived in one minute. */
export interface MinuteView {
  /** When it starts, epoch ms. */
  readonly minute: number;
  /** All plays, unqualified ones included. */
  readonly plays: number;
  readonly unqualified: number;
  readonly completes: number;
  readonly skips: number;
  readonly listened_ms: number;
  /** Distinct listeners, estimated to about 7 % (HyperLogLog). */
  readonly listeners: number;
}

export const viewMinute = ({ listenedMs, registers: _, epoch: __, ...minute }: Minute): MinuteView => ({
  ...minute,
  listened_ms: listenedMs,
});

/** The minutes of the last hour after some changed, oldest first: the newest one decides how far back that goes. */
export function applyMinutes(
  held: readonly MinuteView[],
  changed: readonly MinuteView[],
): readonly MinuteView[] {
  const minutes = [...new Map([...held, ...changed].map((each) => [each.minute, each])).values()];
  const newest = Math.max(...minutes.map(({ minute }) => minute));
  return minutes.filter(({ minute }) => minute > newest - seriesLengthMs).sort((a, b) => a.minute - b.minute);
}
