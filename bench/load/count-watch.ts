import { PushClient } from "#src/client/push-client.ts";
import type { StatsView } from "#src/wire/stats-view.ts";

/** Everything that was counted, in whatever way. */
const totalOf = ({ plays, duplicates, rejects }: StatsView): number => plays + duplicates + rejects;

/** Follows the `stats` channel: how many plays are counted, as soon as a client can know. */
export class CountWatch {
  readonly #client: PushClient;
  readonly #onCount: (plays: number) => void;
  readonly #ready = Promise.withResolvers<void>();
  #baseline: number | undefined;

  /**
   * @param url of the WebSocket
   * @param onCount told at each epoch how many plays were counted since the watch was ready
   */
  constructor(url: string, onCount: (plays: number) => void) {
    this.#onCount = onCount;
    this.#client = new PushClient({ url });
    this.#client.subscribe("stats", ({ stats }) => {
      const total = totalOf(stats);
      this.#baseline ??= total;
      this.#ready.resolve();
      this.#onCount(total - this.#baseline);
    });
  }

  /** Resolves once it is known what was counted before. */
  start(): Promise<void> {
    this.#client.start();
    return this.#ready.promise;
  }

  close(): void {
    this.#client.close();
  }
}

/** How many plays the target has taken in, as its HTTP API says. */
export interface ApiCounts {
  /** Inside segments: consumed, if not counted yet. */
  readonly consumed: number;
  readonly counted: number;
}

/**
 * @param api the HTTP API's address
 * @throws Error where it does not answer with counts
 */
export async function readCounts(api: string): Promise<ApiCounts> {
  const response = await fetch(`${api}/stats`, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`GET ${api}/stats answered ${response.status}`);
  const stats = (await response.json()) as StatsView & { readonly lag_plays: number };
  const counted = totalOf(stats);
  return { counted, consumed: counted + stats.lag_plays };
}
