import type { RecentPlayView } from "#src/wire/recent-feed.ts";

type Value = string | number | boolean | undefined;

interface PlayColumn {
  readonly name: string;
  /** What is sorted by and exported; undefined where the play does not say. */
  readonly read: (play: RecentPlayView) => Value;
}

/** Columns of the table of plays, in their order. */
export const playColumns = {
  title: { name: "Title", read: ({ track }) => track.title || undefined },
  artist: { name: "Artist", read: ({ track }) => track.artist },
  genre: { name: "Genre", read: ({ track }) => track.genre },
  platform: { name: "Platform", read: ({ platform }) => platform },
  city: { name: "City", read: ({ city }) => city },
  country: { name: "Country", read: ({ country }) => country },
  mood: { name: "Mood", read: ({ mood }) => mood },
  duration: { name: "Length", read: ({ duration_ms }) => duration_ms },
  position: { name: "Position", read: ({ ms_played }) => ms_played },
  pct: { name: "Listened", read: ({ pct }) => pct },
  completed: { name: "Completed", read: ({ completed }) => completed },
  skipped: { name: "Skipped", read: ({ skipped }) => skipped },
  rating: { name: "Rating", read: ({ rating }) => rating },
  when: { name: "When", read: ({ started_at }) => started_at },
} as const satisfies Record<string, PlayColumn>;

export type PlayColumnId = keyof typeof playColumns;
export const playColumnIds = Object.keys(playColumns) as readonly PlayColumnId[];

export interface PlaySort {
  readonly by: PlayColumnId;
  readonly direction: "asc" | "desc";
}

export const newestFirst: PlaySort = { by: "when", direction: "desc" };

/** What a click on a column's head asks for: the other direction of the same, or a column from its most telling end. */
export function nextSort(sort: PlaySort, by: PlayColumnId): PlaySort {
  if (sort.by === by) return { by, direction: sort.direction === "asc" ? "desc" : "asc" };
  const isText = ["title", "artist", "genre", "platform", "city", "country", "mood"].includes(by);
  return { by, direction: isText ? "asc" : "desc" };
}

/** Sorted; plays that do not say come last in either direction, and what is alike stands newest first. */
export function sortPlays(plays: readonly RecentPlayView[], { by, direction }: PlaySort): RecentPlayView[] {
  const { read } = playColumns[by];
  const sign = direction === "asc" ? 1 : -1;
  return plays.toSorted((a, b) => {
    const [left, right] = [read(a), read(b)];
    if (left === undefined || right === undefined) {
      return Number(left === undefined) - Number(right === undefined) || comparePlays(a, b);
    }
    return sign * compareValues(left, right) || comparePlays(a, b);
  });
}

/** The feed's order: the newest first, by start, then by arrival, then by key. */
export function comparePlays(a: RecentPlayView, b: RecentPlayView): number {
  return (
    b.started_at - a.started_at || b.arrived_at - a.arrived_at || (a.key < b.key ? -1 : Number(a.key > b.key))
  );
}

function compareValues(a: string | number | boolean, b: string | number | boolean): number {
  if (typeof a === "string" && typeof b === "string") return a.localeCompare(b, "en");
  return Number(a) - Number(b);
}
