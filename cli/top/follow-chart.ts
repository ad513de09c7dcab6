import { type ConnectionState, PushClient } from "#src/client/push-client.ts";
import type { ChartChannel, ChartSnapshot, StatsSnapshot } from "#src/wire/push-protocol.ts";
import { CliError } from "../cli-error.ts";
import type { Frame } from "./render-chart.ts";

/** Shows what there is. */
export interface View {
  show(frame: Frame): void;
}

export interface Followed {
  readonly channel: ChartChannel;
  readonly url: string;
  /** Ends after the first chart. */
  readonly once: boolean;
  /** Ends when it aborts. */
  readonly signal: AbortSignal;
}

const redrawMs = 1000;

/**
 * Follows a chart by push and shows every version, and every second how old it is.
 *
 * @throws CliError where there is no server, or where it refuses
 */
export async function followChart({ channel, url, once, signal }: Followed, view: View): Promise<void> {
  let state: ConnectionState = "connecting";
  let chart: ChartSnapshot | undefined;
  let stats: StatsSnapshot | undefined;
  const ended = Promise.withResolvers<void>();
  const show = (): void => {
    if (chart === undefined || stats === undefined) return;
    view.show({ chart, stats, state, now: Date.now() + client.clockOffsetMs });
    if (once) ended.resolve();
  };
  const client = new PushClient({
    url,
    onState(next) {
      // A server that was never there is not worth waiting for; one that was there comes back.
      if (next === "reconnecting" && state === "connecting") {
        ended.reject(new CliError(`no answer from ${url}: is earworm running there? (npm run dev)`));
      }
      state = next;
      show();
    },
    onError: ({ message }) => ended.reject(new CliError(`${url} refuses: ${message}`)),
  });
  client.subscribe(channel, (held) => {
    chart = held;
    show();
  });
  client.subscribe("stats", (held) => {
    stats = held;
    show();
  });
  const redraw = setInterval(show, redrawMs);
  signal.addEventListener("abort", () => ended.resolve());
  try {
    client.start();
    await ended.promise;
  } finally {
    clearInterval(redraw);
    client.close();
  }
}
