interface TrackAnswer {
  readonly id: string;
  readonly artist: string;
  readonly title: string;
}

/** `GET /users/{id}`, as far as the page shows it; times are ISO 8601. */
export interface ProfileAnswer {
  readonly plays: number;
  readonly unqualified: number;
  readonly listened_ms: number;
  readonly completes: number;
  readonly skips: number;
  readonly first_heard_at: string;
  readonly as_of: string | null;
  readonly artists_total: number;
  readonly artists: readonly { readonly name: string; readonly plays: number }[];
  readonly tracks_heard: number;
  readonly recent: readonly HeardPlay[];
}

export interface HeardPlay {
  readonly track: TrackAnswer;
  readonly started_at: string;
  readonly listened_ms: number;
  readonly completed: boolean;
  readonly skipped: boolean;
}

/** `GET /users/{id}/recommendations`. */
export interface RecommendationsAnswer {
  /** Nothing is known of the listener: what everybody plays is recommended. */
  readonly cold_start: boolean;
  readonly recommendations: readonly (TrackAnswer & {
    readonly rank: number;
    readonly reason: { readonly list: string; readonly rank: number };
  })[];
}
