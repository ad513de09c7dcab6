import type { Geo, UserId } from "#src/domain/play.ts";
import type { Catalog } from "./catalog.ts";
import { cities } from "./cities.ts";
import { mix, Random } from "./random.ts";
import type { Zipf } from "./zipf.ts";

const platforms = ["Spotify", "YouTube Music", "Apple Music", "SoundCloud", "Amazon Music"] as const;

const favouriteArtists = 5;
const triesForGenre = 12;

/** Who listens: the same number and seed always give the same. */
export interface Listener {
  readonly userId: UserId;
  readonly deviceId: string;
  readonly platform: string;
  readonly geo: Geo;
  readonly tz: string;
  /** Artists by number, the dearest first. */
  readonly favourites: readonly [number, ...number[]];
  /** How often a favourite is played rather than what everybody plays, 0 to 1. */
  readonly loyalty: number;
}

/** A popular artist of one of the genres, or after some tries any popular artist. */
function drawFavourite(
  random: Random,
  wanted: readonly string[],
  catalog: Catalog,
  popularity: Zipf,
): number {
  let artist = 0;
  for (let i = 0; i < triesForGenre; i++) {
    artist = catalog.artistOf(popularity.rank(random.next()));
    if (wanted.includes(catalog.genreOf(artist))) break;
  }
  return artist;
}

export function makeListener(user: number, seed: number, catalog: Catalog, popularity: Zipf): Listener {
  const random = new Random(mix(user, seed ^ 0x115));
  const { city, country, tz } = cities[Math.floor(random.next() ** 1.3 * cities.length)] ?? { country: "GB" };
  const wanted = [0, 1].map(() => catalog.genreOf(catalog.artistOf(popularity.rank(random.next()))));
  const number = String(user).padStart(6, "0");
  const draw = (): number => drawFavourite(random, wanted, catalog, popularity);
  return {
    userId: `user-${number}` as UserId,
    deviceId: `device-${number}-${random.below(2)}`,
    platform: random.pick(platforms),
    geo: city === undefined ? { country } : { country, city },
    tz: tz ?? "UTC",
    favourites: [draw(), ...Array.from({ length: favouriteArtists - 1 }, draw)],
    loyalty: 0.3 + 0.5 * random.next(),
  };
}
