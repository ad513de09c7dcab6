import type { ApiClient } from "./api-client.ts";

const askEveryMs = 250;
const patienceMs = 60_000;

interface ProfileAnswer {
  readonly recent: readonly { readonly started_at: string }[];
}

/**
 * Waits until a play stands in its listener's profile, which holds what is committed.
 *
 * @returns how long that took, ms, or why it is not known
 */
export async function waitUntilCounted(
  api: ApiClient,
  listener: string,
  startedAt: number,
): Promise<number | string> {
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
