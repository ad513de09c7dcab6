import { type AccessToken, byAge, type TokenHash, type TokenId } from "#src/domain/access-token.ts";
import type { TokenStore } from "#src/ports/token-store.ts";

/** Tokens in memory. */
export class MemoryTokenStore implements TokenStore {
  readonly #tokens = new Map<TokenHash, AccessToken>();

  async find(hash: TokenHash): Promise<AccessToken | undefined> {
    return this.#tokens.get(hash);
  }

  async create(token: AccessToken): Promise<void> {
    this.#tokens.set(token.hash, token);
  }

  async revoke(id: TokenId): Promise<boolean> {
    const found = [...this.#tokens.values()].filter((token) => token.id === id);
    for (const { hash } of found) this.#tokens.delete(hash);
    return found.length > 0;
  }

  async list(): Promise<readonly AccessToken[]> {
    return [...this.#tokens.values()].sort(byAge);
  }
}
