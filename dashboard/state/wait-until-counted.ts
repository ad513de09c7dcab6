import type { ApiClient } from "./api-client.ts";

const askEveryMs = 250;
const patienceMs = 60_000;

interface ProfileAnswer {
  readonly recent: readonly { readonly started_at: string }[];
}

/**
 * Waits until a play stands in its listener's profile. Where profiles may lack it for longer than anybody waits, it says so
 * instead.
 *
 * @param profileTickMs for how long profiles may lack what is counted
 * @returns how long that took, ms, or why it is not known
 */
export async function waitUntilCounted(
  api: ApiClient,
  listener: string,
  startedAt: number,
  profileTickMs: number,
): Promise<number | string> {
  if (profileTickMs >= patienceMs)
    return `It counts with the next epoch, and is in the listener's profile within ${Math.ceil(profileTickMs / 60_000) + 1} minutes.`;
  const addedAt = performance.now();
  const started = new Date(startedAt).toISOString();
  while (performance.now() - addedAt < patienceMs) {
    await new Promise((resolve) => setTimeout(resolve, askEveryMs));
    const profile = await api.get<ProfileAnswer>(`/users/${encodeURIComponent(listener)}`);
    if (profile.ok && profile.value.recent.some(({ started_at }) => started_at === started)) {
      return performance.now() - addedAt;
    }
    if (!profile.ok && profile.error.status === 403) return profile.error.message;
  }
  return "It is not counted yet: the epoch takes its time.";
}
