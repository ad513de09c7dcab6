import type { ConnectionState } from "#src/client/push-client.ts";

/** What is known of the connection. */
export interface Connection {
  readonly state: ConnectionState;
  /** When the last message came; undefined before the first. Epoch ms, this machine's. */
  readonly heardAt: number | undefined;
}

/** The client asks the server every 4 minutes whether it is still there, so longer silence means that it is not, ms. */
const longestSilenceMs = 260_000;
/** A connection that is back within this is not worth a word, ms. */
const shortBreakMs = 3_000;

/** Since when what is shown may be old; undefined while it is current. */
export function staleSince({ state, heardAt }: Connection, now: number): number | undefined {
  if (heardAt === undefined) return undefined;
  const silenceMs = now - heardAt;
  return silenceMs > (state === "live" ? longestSilenceMs : shortBreakMs) ? heardAt : undefined;
}
