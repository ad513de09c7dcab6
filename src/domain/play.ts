type Brand<T, Name extends string> = T & { readonly __brand: Name };

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = Brand<number, "EpochMs">;
export type EventId = Brand<string, "EventId">;
export type UserId = Brand<string, "UserId">;
export type TrackId = Brand<string, "TrackId">;
/** An artist is the exact string that the play carries. */
export type ArtistName = Brand<string, "ArtistName">;

export const endReasons = ["done", "skip", "stop", "error", "unknown"] as const;
export type EndReason = (typeof endReasons)[number];

export interface Track {
  readonly id: TrackId;
  readonly artist: ArtistName;
  readonly title?: string;
  readonly album?: string;
  readonly genre?: string;
  readonly durationMs?: number;
}

export interface Geo {
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country?: string;
  readonly city?: string;
}

/** One listening event (`play.v1`, DESIGN.md section 4). */
export interface Play {
  readonly eventId: EventId;
  readonly userId: UserId;
  readonly track: Track;
  readonly startedAt: EpochMs;
  /** Absent: the source already judged it a play. */
  readonly msPlayed?: number;
  readonly endReason?: EndReason;
  /** 0 to 5. */
  readonly rating?: number;
  readonly mood?: string;
  readonly platform?: string;
  readonly geo?: Geo;
  readonly sessionId?: string;
  readonly deviceId?: string;
  readonly client?: string;
  readonly tz?: string;
  readonly tags?: readonly string[];
  /** Counts once however long ago its id was counted before (I3); absent: only within the dedupe horizon. */
  readonly dedupe?: "always";
  /** Fields that play.v1 does not know, kept as they came. */
  readonly ext?: Readonly<Record<string, unknown>>;
}

/** A track counts as played from 30 s on, the rule of charts and scrobblers alike. */
export const qualifyingMs = 30_000;
/** A track counts as completed from this share of its duration on. */
export const completedShare = 0.8;

/** A play ends in one of this many tenths of its track: 0 to 9, or 10 for one that was heard to the end. */
export const tenths = 11;

/** At which tenth of the track a play ended, 0 to 10. @param pct share of the duration that was played, 0 to 1 */
export const tenthOf = (pct: number): number => Math.floor(pct * 10);

/** Sums of listened time stay below 2^53 for 100 million plays of a day each. */
const longestListenMs = 86_400_000;

/** What Earworm derives from a play; never accepted from outside. */
export interface Judgement {
  readonly qualified: boolean;
  readonly completed: boolean;
  readonly skipped: boolean;
  /** Share of the duration that was played, 0 to 1; undefined where either is unknown. */
  readonly pct: number | undefined;
  /** Listened time, ms: `msPlayed`, else the duration, else 0; at most a day, as `msPlayed` is. */
  readonly listenedMs: number;
}

export function judge(play: Play): Judgement {
  return judgeListening(play.msPlayed, play.track.durationMs, play.endReason);
}

/** `judge` of the three fields that it goes by: a reader of records need not make a play of them. */
export function judgeListening(
  msPlayed: number | undefined,
  durationMs: number | undefined,
  endReason: EndReason | undefined,
): Judgement {
  const pct = msPlayed === undefined || durationMs === undefined ? undefined : msPlayed / durationMs;
  const skipped = endReason === "skip" || (pct !== undefined && pct < completedShare);
  return {
    qualified: msPlayed === undefined || msPlayed >= qualifyingMs,
    completed: pct !== undefined ? pct >= completedShare : endReason === "done",
    skipped,
    pct: pct === undefined ? undefined : Math.min(pct, 1),
    listenedMs: Math.min(msPlayed ?? durationMs ?? 0, longestListenMs),
  };
}
