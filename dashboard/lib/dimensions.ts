/** What today's plays are split by, in the order of the page. */
export const dimensions = ["genre", "platform", "mood", "country"] as const;
export type Dimension = (typeof dimensions)[number];

export interface DimensionValue {
  readonly by: Dimension;
  readonly value: string;
}

export const dimensionNames: Readonly<Record<Dimension, string>> = {
  genre: "Genres",
  platform: "Platforms",
  mood: "Moods",
  country: "Countries",
};

export const isDimension = (name: string): name is Dimension =>
  (dimensions as readonly string[]).includes(name);

const countries = new Intl.DisplayNames(["en"], { type: "region", fallback: "code" });

/** A value as people say it: countries have names. */
export function nameOfValue({ by, value }: DimensionValue): string {
  return by === "country" ? countryName(value) : value;
}

/** @param code ISO 3166-1 alpha-2; anything else is its own name */
export function countryName(code: string): string {
  return /^[A-Z]{2}$/.test(code) ? (countries.of(code) ?? code) : code;
}
