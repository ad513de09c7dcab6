export type FieldName =
  | "artist"
  | "title"
  | "listener"
  | "heard"
  | "length"
  | "rating"
  | "genre"
  | "mood"
  | "platform"
  | "country";

/** What is typed, by field. */
export type FieldTexts = Readonly<Record<FieldName, string>>;

export interface PlayField {
  readonly name: FieldName;
  /** What the server may name when it is wrong; a song's id is derived from artist and title. */
  readonly wireNames: readonly string[];
  readonly label: string;
  readonly placeholder?: string;
  /** Typed in seconds or stars. */
  readonly isNumber?: boolean;
  readonly isWide?: boolean;
}

/** What can be typed of a play. */
export const playFields: readonly PlayField[] = [
  { name: "artist", wireNames: ["track.artist"], label: "Artist", isWide: true },
  { name: "title", wireNames: ["track.title", "track.id"], label: "Song", isWide: true },
  { name: "listener", wireNames: ["user_id"], label: "Listener" },
  { name: "heard", wireNames: ["ms_played"], label: "Seconds heard", isNumber: true },
  {
    name: "length",
    wireNames: ["track.duration_ms"],
    label: "Length, seconds",
    placeholder: "unknown",
    isNumber: true,
  },
  { name: "rating", wireNames: ["rating"], label: "Rating, 0 to 5", placeholder: "none", isNumber: true },
  { name: "genre", wireNames: ["track.genre"], label: "Genre", placeholder: "unknown" },
  { name: "mood", wireNames: ["mood"], label: "Mood", placeholder: "unknown" },
  { name: "platform", wireNames: ["platform"], label: "Platform", placeholder: "unknown" },
  { name: "country", wireNames: ["geo.country"], label: "Country", placeholder: "such as GB" },
];

export const noTexts: FieldTexts = {
  artist: "",
  title: "",
  listener: "me",
  heard: "180",
  length: "",
  rating: "",
  genre: "",
  mood: "",
  platform: "",
  country: "",
};

/** A `play.v1` as it goes to the server; what was left empty is left out. */
export interface TypedPlay {
  readonly event_id: string;
  readonly user_id: string;
  readonly started_at: number;
  readonly [field: string]: unknown;
}

/** The play as it is typed. What is no number goes out as text, for the server to refuse. */
export function playOf(texts: FieldTexts, startedAt: number, eventId: string): TypedPlay {
  const text = (name: FieldName): string | undefined => texts[name].trim() || undefined;
  const number = (name: FieldName, factor: number): number | string | undefined => {
    const typed = text(name);
    const value = Number(typed);
    if (typed === undefined || !Number.isFinite(value)) return typed;
    return factor === 1 ? value : Math.round(value * factor);
  };
  const country = text("country");
  return {
    event_id: eventId,
    user_id: texts.listener.trim(),
    track: definedOf({
      artist: texts.artist.trim(),
      title: text("title"),
      genre: text("genre"),
      duration_ms: number("length", 1000),
    }),
    started_at: startedAt,
    client: "dashboard",
    ...definedOf({
      ms_played: number("heard", 1000),
      rating: number("rating", 1),
      mood: text("mood"),
      platform: text("platform"),
      geo: country && { country },
    }),
  };
}

const definedOf = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
