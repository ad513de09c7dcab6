import { err, ok, type Result } from "#src/domain/result.ts";
import type { Store } from "./store.ts";

/** Why there is no answer, in the server's words where it gave any. */
export interface Problem {
  /** HTTP's; 0 where nobody answered. */
  readonly status: number;
  readonly message: string;
  /** The parameter or field that the message is about. */
  readonly field: string | undefined;
}

interface ErrorBody {
  readonly error?: { readonly message?: string; readonly field?: string };
}

const patienceMs = 10_000;

/** The HTTP API. */
export class ApiClient {
  readonly #baseUrl: string;
  readonly #token: Store<string>;

  /** @param token what opens a listener's data; empty for none */
  constructor(baseUrl: string, token: Store<string>) {
    this.#baseUrl = baseUrl;
    this.#token = token;
  }

  get<T>(path: string): Promise<Result<T, Problem>> {
    return this.#send<T>(path, {});
  }

  post<T>(path: string, body: object): Promise<Result<T, Problem>> {
    const headers = { "content-type": "application/json" };
    return this.#send<T>(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  async #send<T>(path: string, init: RequestInit): Promise<Result<T, Problem>> {
    const headers = new Headers(init.headers);
    if (this.#token.value !== "") headers.set("authorization", `Bearer ${this.#token.value}`);
    try {
      const signal = AbortSignal.timeout(patienceMs);
      const response = await fetch(`${this.#baseUrl}${path}`, { ...init, headers, signal });
      return response.ok ? ok((await response.json()) as T) : err(await problemOf(response));
    } catch {
      return err({ status: 0, message: "the server does not answer", field: undefined });
    }
  }
}

async function problemOf(response: Response): Promise<Problem> {
  const { status } = response;
  const body: ErrorBody = await response.json().catch(() => ({}));
  return {
    status,
    message: body.error?.message ?? `the server answered ${status}`,
    field: body.error?.field,
  };
}
