const timeoutMs = 30_000;

export interface HttpAnswer<Body> {
  readonly status: number;
  readonly body: Body;
}

/** The deployed HTTP API. */
export class HttpApi {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param headers what every request carries, such as a token */
  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#url = url;
    this.#headers = headers;
  }

  /** The same API with more, or other, headers. */
  with(headers: Readonly<Record<string, string>>): HttpApi {
    return new HttpApi(this.#url, { ...this.#headers, ...headers });
  }

  /** @throws Error where nothing answers, or not with JSON */
  async get<Body>(path: string): Promise<HttpAnswer<Body>> {
    return await this.#send(path, {});
  }

  /** @param body text, or what becomes JSON */
  async post<Body>(path: string, body: string | object): Promise<HttpAnswer<Body>> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return await this.#send(path, {
      method: "POST",
      body: text,
      headers: { "content-type": "application/json" },
    });
  }

  async #send<Body>(path: string, { headers, ...init }: RequestInit): Promise<HttpAnswer<Body>> {
    const answer = await fetch(this.#url + path, {
      ...init,
      headers: { ...this.#headers, ...(headers as Record<string, string> | undefined) },
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await answer.text();
    try {
      return { status: answer.status, body: JSON.parse(text) as Body };
    } catch (cause) {
      throw new Error(`${path} answered ${answer.status}, but not with JSON: ${text.slice(0, 200)}`, {
        cause,
      });
    }
  }
}
