import type { Chart } from "#src/domain/chart.ts";
import type { UserId } from "#src/domain/play.ts";
import type { Profile } from "#src/domain/profile.ts";
import type { PublicationKey } from "#src/domain/publication-key.ts";
import type { ProfileStore } from "#src/ports/profile-store.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import { decodeChart } from "#src/wire/chart-codec.ts";
import { trendingKey } from "#src/wire/trending-codec.ts";
import { byBytes, chartText, profileText } from "./canonical.ts";

/** Everything a store publishes: what the two sides of the parity test are compared by. */
export interface Published {
  /** By key, such as `CHART#songs#all`. */
  readonly charts: ReadonlyMap<string, Chart>;
  readonly profiles: ReadonlyMap<string, Profile>;
  /** The lists that recommendations are picked from, as they are stored. */
  readonly trending: string;
}

/** The keys of what there is: a port cannot list them, each store has its own way. */
export interface PublishedKeys {
  readonly charts: readonly string[];
  readonly listeners: readonly string[];
}

export async function readPublished(
  publications: PublicationStore,
  profiles: ProfileStore,
  keys: PublishedKeys,
): Promise<Published> {
  const charts = new Map<string, Chart>();
  for (const key of keys.charts.toSorted(byBytes)) {
    const publication = await publications.read(key as PublicationKey);
    if (publication !== undefined) charts.set(key, decodeChart(publication.body, key as PublicationKey));
  }
  const stored = await profiles.read(
    keys.listeners.toSorted(byBytes) as readonly string[] as readonly UserId[],
  );
  const found = [...stored.values()].map(({ profile }) => [profile.userId as string, profile] as const);
  const trending = (await publications.read(trendingKey))?.body ?? "";
  return { charts, profiles: new Map(found.sort(([a], [b]) => byBytes(a, b))), trending };
}

/** Texts to compare, by what they are about. */
export function textsOf({ charts, profiles, trending }: Published): Record<string, string> {
  return {
    ...Object.fromEntries([...charts].map(([key, chart]) => [key, chartText(chart)])),
    ...Object.fromEntries([...profiles].map(([id, profile]) => [`USER#${id}`, profileText(profile)])),
    TRENDING: trending,
  };
}
