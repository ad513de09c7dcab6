import type { ConnectionState } from "#src/client/push-client.ts";
import { formatAge, formatDelay } from "../lib/format.ts";
import { percentile } from "../lib/percentile.ts";
import { usePage } from "../state/page.ts";
import { useStore } from "../state/store.ts";
import { useNow } from "../state/use-now.ts";

const stateNames: Readonly<Record<ConnectionState, string>> = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
};

/** Whether the page is live, how old the newest play is, and how long plays take to get here. */
export function ConnectionStatus() {
  const { connection, latency } = usePage();
  const { state } = useStore(connection);
  const samples = useStore(latency.samples);
  const [middle, slow] = [percentile(samples, 0.5), percentile(samples, 0.99)];
  return (
    <div class="status" data-state={state}>
      <span class="dot" aria-hidden="true" />
      <span role="status">{stateNames[state]}</span>
      <Freshness />
      {middle !== undefined && slow !== undefined && (
        <span
          class="muted latency"
          title={`From a play's arrival at the server to the frame that shows it, over the last ${samples.length} plays`}
        >
          put to screen <b>{formatDelay(middle)}</b>, p99 <b>{formatDelay(slow)}</b>
        </span>
      )}
    </div>
  );
}

function Freshness() {
  const { feed } = usePage();
  const { newestArrival } = useStore(feed.held);
  const now = useNow();
  if (newestArrival === undefined) return undefined;
  return <span class="muted">newest play {formatAge(now - newestArrival)} ago</span>;
}
