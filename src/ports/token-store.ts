import type { AccessToken, TokenHash, TokenId } from "../domain/access-token.ts";

/** Who may see what is not public. Expired tokens stay until they are revoked. A failing store throws `StoreError`. */
export interface TokenStore {
  /** Strongly consistent: a token that was revoked is not found from then on. */
  find(hash: TokenHash): Promise<AccessToken | undefined>;
  create(token: AccessToken): Promise<void>;
  /** @returns whether there was such a token */
  revoke(id: TokenId): Promise<boolean>;
  /** All of them, the oldest first. */
  list(): Promise<readonly AccessToken[]>;
}
