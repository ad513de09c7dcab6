interface WindowFigures {
  readonly plays: number;
  readonly listened_ms: number;
}

/** `GET /songs/{id}`; times are ISO 8601. */
export interface SongAnswer {
  readonly id: string;
  readonly title: string;
  readonly artist: string;
  readonly plays: number;
  readonly unqualified: number;
  readonly listened_ms: number;
  readonly completes: number;
  readonly skips: number;
  readonly rating: { readonly average: number; readonly count: number } | null;
  readonly first_played_at: string | null;
  readonly windows: Readonly<Record<"hour" | "day" | "week", WindowFigures>>;
  readonly hours: readonly (WindowFigures & { readonly hour: string })[];
  readonly drop_off: { readonly plays: number; readonly still_listening: readonly number[] } | null;
  readonly ranks: Readonly<Record<"hot" | "day" | "week" | "all", number | null>>;
}
