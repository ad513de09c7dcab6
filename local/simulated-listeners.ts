import { createSimulator } from "#simulator/simulator.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { Logger } from "#src/ports/logger.ts";
import type { PlayStream } from "#src/ports/play-stream.ts";
import { partitionKeyOf } from "#src/wire/partition-key.ts";
import { encodePlay } from "#src/wire/play-codec.ts";

/** How often plays that are due are sent, ms. */
const stepMs = 100;
const utf8 = new TextEncoder();

/**
 * Sends invented plays into the stream at a steady rate, each as a record of its own.
 *
 * @param rate plays/s
 * @returns a function that ends it
 */
export function startSimulatedListeners(plays: PlayStream, rate: number, logger: Logger): () => void {
  const simulator = createSimulator({
    seed: Date.now(), // other ids than the run before, or a restart would send duplicates
    users: 20_000,
    songs: 5_000,
    listening: Math.max(200, Math.ceil(rate * 200)),
  });
  const startedAt = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) * rate) / 1000) - sent;
    if (due <= 0) return;
    const now = Date.now() as EpochMs;
    const records = Array.from({ length: due }, () => {
      const play = simulator.next(now);
      return { partitionKey: partitionKeyOf(play.userId), data: utf8.encode(encodePlay(play)) };
    });
    sent += due;
    plays.put(records).catch((error: unknown) => {
      logger.error("simulated plays were not accepted", { reason: String(error) });
    });
  }, stepMs);
  return () => clearInterval(timer);
}
