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

/** That what is shown may be old, and since when; or that nothing ever came. */
export interface Silence {
  readonly since: number | undefined;
}

/** @returns undefined while what is shown is current, or the first attempt may still succeed */
export function silenceOf({ state, heardAt }: Connection, now: number): Silence | undefined {
  if (heardAt === undefined) return state === "reconnecting" ? { since: undefined } : undefined;
  const bearableMs = state === "live" ? longestSilenceMs : shortBreakMs;
  return now - heardAt > bearableMs ? { since: heardAt } : undefined;
}
