import { allSongsKey } from "#src/domain/counter.ts";
import type { Play } from "#src/domain/play.ts";

/** The songs, artists, dimension values and listeners of some plays, as keys. */
export class KeySets {
  readonly songs = new Set<string>();
  readonly artists = new Set<string>();
  /** Few enough to be metered without a sample; with the sum of all songs. */
  readonly dimensions = new Set<string>([allSongsKey]);
  readonly profiles = new Set<string>();

  add({ track, userId, platform, mood, geo }: Play): void {
    this.songs.add(`SONG#${track.id}`);
    this.artists.add(`ARTIST#${track.artist}`);
    this.profiles.add(userId);
    const values = { genre: track.genre, platform, mood, country: geo?.country };
    for (const [name, value] of Object.entries(values)) {
      if (value !== undefined) this.dimensions.add(`DIM#${name}#${value}`);
    }
  }
}
