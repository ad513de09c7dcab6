import { applyChange } from "#src/wire/chart-delta.ts";
import type { ChartSnapshot, ServerMessage } from "#src/wire/push-protocol.ts";

/**
 * The chart that a client holds after these messages of one channel, in order.
 *
 * @throws Error where a delta does not lead on from what is held
 */
export function followChart(messages: readonly ServerMessage[]): ChartSnapshot | undefined {
  let held: ChartSnapshot | undefined;
  for (const message of messages) {
    if (message.type === "snapshot" && "entries" in message && message.channel !== "plays.recent")
      held = message;
    if (message.type !== "delta" || !("leave" in message)) continue;
    if (held === undefined || held.log !== message.log || message.seq !== held.seq + 1)
      throw new Error(`delta ${message.seq} after version ${held?.seq}`);
    const entries = applyChange(held.entries, message);
    if (entries === undefined) throw new Error(`delta ${message.seq} does not fit`);
    const { seq, epoch, now, total } = message;
    held = { ...held, seq, epoch, now, total, entries };
  }
  return held;
}
