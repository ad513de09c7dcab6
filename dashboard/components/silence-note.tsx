import { useEffect, useState } from "preact/hooks";
import { silenceOf } from "../lib/connection.ts";
import { formatClock } from "../lib/format.ts";
import { usePage } from "../state/page.ts";
import { useStore } from "../state/store.ts";

/** Says since when the page knows nothing new, and dims it. */
export function SilenceNote() {
  const { connection, push } = usePage();
  const known = useStore(connection);
  const silence = silenceOf(known, useOwnClock());
  const isStale = silence?.since !== undefined;
  useEffect(() => {
    document.documentElement.toggleAttribute("data-stale", isStale);
  }, [isStale]);
  if (silence === undefined) return undefined;
  return (
    <p class="silence-note" role="status">
      <span>
        {silence.since === undefined
          ? "The server does not answer. The page tries again by itself."
          : `The server has been silent since ${formatClock(silence.since)}. What you see is from then; the page goes on by itself once it is back.`}
      </span>
      <button type="button" class="button quiet" onClick={() => push.wake()}>
        Try now
      </button>
    </p>
  );
}

/** This machine's time, epoch ms, once a second: messages are timed by it. */
function useOwnClock(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
