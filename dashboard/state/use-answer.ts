import { useEffect, useState } from "preact/hooks";
import type { Problem } from "./api-client.ts";
import { usePage } from "./page.ts";
import { useStore } from "./store.ts";

export interface RemoteAnswer<T> {
  /** The last answer, also while a newer one failed; undefined before the first. */
  readonly value: T | undefined;
  /** Why the last request failed. */
  readonly problem: Problem | undefined;
  readonly retry: () => void;
}

/**
 * What the API answers at a path, asked again from time to time while the page is seen, and with another token.
 *
 * @param path undefined to ask nothing
 */
export function useAnswer<T>(path: string | undefined, everyMs: number): RemoteAnswer<T> {
  const { api, token } = usePage();
  const currentToken = useStore(token);
  const [attempt, setAttempt] = useState(0);
  const [held, setHeld] = useState<{ path: string; value?: T; problem?: Problem }>();

  // Another token, and another attempt, ask again.
  useEffect(() => {
    if (path === undefined) return;
    let isCurrent = true;
    const ask = async (): Promise<void> => {
      if (document.hidden) return;
      const answer = await api.get<T>(path);
      if (!isCurrent) return;
      setHeld((before) => {
        if (answer.ok) return { path, value: answer.value };
        const kept = before?.path === path && before.value !== undefined ? { value: before.value } : {};
        return { path, ...kept, problem: answer.error };
      });
    };
    void ask();
    const timer = setInterval(() => void ask(), everyMs);
    return () => {
      isCurrent = false;
      clearInterval(timer);
    };
  }, [api, path, everyMs, attempt, currentToken]);

  const own = held?.path === path ? held : undefined;
  return { value: own?.value, problem: own?.problem, retry: () => setAttempt((n) => n + 1) };
}
