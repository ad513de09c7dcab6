import { useEffect, useState } from "preact/hooks";
import { usePage } from "./page.ts";

/** The server's time, epoch ms; drawn anew every second, or less often. */
export function useNow(everyMs = 1000): number {
  const { seconds } = usePage();
  const [now, setNow] = useState(seconds.value);
  useEffect(() => {
    const slackMs = 500; // timers are late, and the server's clock may be set
    return seconds.subscribe((next) => {
      setNow((held) => (Math.abs(next - held) > everyMs - slackMs ? next : held));
    });
  }, [seconds, everyMs]);
  return now;
}
