import { randomBytes } from "node:crypto";

/** What a test says about a play; the rest is made up. */
export interface WireFields {
  readonly user: string;
  readonly track: string;
  readonly artist?: string;
  readonly msPlayed?: number;
  /** Epoch ms. @default a minute ago */
  readonly startedAt?: number;
  readonly eventId?: string;
}

/** Different in every run, so that a stage that lives longer than a run does not mix them up. */
const run = randomBytes(4).toString("hex");
let made = 0;

/** A name of this run only. */
export const named = (name: string): string => `${name}-${run}`;

/** A play as a producer sends it: JSON text. */
export function wirePlay(fields: WireFields): string {
  made += 1;
  const { user, track, artist = `artist of ${track}`, msPlayed = 180_000 } = fields;
  return JSON.stringify({
    event_id: fields.eventId ?? named(`e2e-${made}`),
    user_id: user,
    track: { id: track, artist, title: `title of ${track}`, duration_ms: 200_000 },
    started_at: fields.startedAt ?? Date.now() - 60_000 + made,
    ms_played: msPlayed,
    end_reason: "done",
  });
}
