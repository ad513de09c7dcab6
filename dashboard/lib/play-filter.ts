import type { RecentPlayView } from "#src/wire/recent-feed.ts";

export const yesNoAny = ["any", "yes", "no"] as const;
type YesNoAny = (typeof yesNoAny)[number];

/** Labels of a play that are filtered by their exact value. */
export const labelFilters = ["genre", "platform", "country", "mood"] as const;
export type LabelFilter = (typeof labelFilters)[number];

/** What plays must have; an empty text, 0 and `any` ask for nothing. */
export interface PlayFilter extends Readonly<Record<LabelFilter, string>> {
  /** A part of the artist's name, in any case. */
  readonly artist: string;
  readonly ratingAtLeast: number;
  readonly skipped: YesNoAny;
  readonly completed: YesNoAny;
}

export const noFilter: PlayFilter = {
  genre: "",
  platform: "",
  country: "",
  mood: "",
  artist: "",
  ratingAtLeast: 0,
  skipped: "any",
  completed: "any",
};

export const labelOf = (play: RecentPlayView, label: LabelFilter): string | undefined =>
  label === "genre" ? play.track.genre : play[label];

export function matches(play: RecentPlayView, filter: PlayFilter): boolean {
  return (
    labelFilters.every((label) => filter[label] === "" || labelOf(play, label) === filter[label]) &&
    play.track.artist.toLowerCase().includes(filter.artist.trim().toLowerCase()) &&
    (filter.ratingAtLeast === 0 || (play.rating ?? 0) >= filter.ratingAtLeast) &&
    answers(filter.skipped, play.skipped) &&
    answers(filter.completed, play.completed)
  );
}

export const isFiltering = (filter: PlayFilter): boolean =>
  (Object.keys(noFilter) as (keyof PlayFilter)[]).some((name) => filter[name] !== noFilter[name]);

/** The values of a label among plays, in order, and the chosen one even where no play has it. */
export function valuesOf(plays: readonly RecentPlayView[], label: LabelFilter, chosen: string): string[] {
  const values = new Set(chosen === "" ? [] : [chosen]);
  for (const play of plays) {
    const value = labelOf(play, label);
    if (value !== undefined) values.add(value);
  }
  return [...values].sort((a, b) => a.localeCompare(b, "en"));
}

const answers = (wanted: YesNoAny, is: boolean): boolean => wanted === "any" || (wanted === "yes") === is;
