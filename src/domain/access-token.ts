import type { EpochMs, UserId } from "./play.ts";

/** The sha256 of a token's text, hex. The text itself is kept nowhere. */
export type TokenHash = string & { readonly __brand: "TokenHash" };
/** The first 12 hex digits of a token's hash: names it in lists and logs, and opens nothing. */
export type TokenId = string & { readonly __brand: "TokenId" };

/** Whose data a token opens: everybody's, or one listener's. */
export type TokenScope =
  | { readonly kind: "operator" }
  | { readonly kind: "listener"; readonly userId: UserId };

/** What is known of a token. */
export interface AccessToken {
  readonly id: TokenId;
  readonly hash: TokenHash;
  /** What it is for, in its maker's words. */
  readonly label: string;
  readonly scope: TokenScope;
  readonly createdAt: EpochMs;
  /** From this moment on it opens nothing. */
  readonly expiresAt: EpochMs;
}

const prefix = "ew_";

/** @param random 256 random bits as 43 characters of base64url */
export const tokenText = (random: string): string => `${prefix}${random}`;

/** Whether a text has the form of a token; only such a text is worth a look into the store. */
export const isTokenText = (text: string): boolean => /^ew_[\w-]{43}$/.test(text);

export const isTokenId = (text: string): text is TokenId => /^[\da-f]{12}$/.test(text);

export const tokenIdOf = (hash: TokenHash): TokenId => hash.slice(0, 12) as TokenId;

export const isExpired = (token: AccessToken, now: EpochMs): boolean => now >= token.expiresAt;

/** Whether the scope opens a listener's data, for reading and for adding plays. */
export const opens = (scope: TokenScope, userId: UserId): boolean =>
  scope.kind === "operator" || scope.userId === userId;

/** The oldest first; those of one moment by hash. */
export function byAge(a: AccessToken, b: AccessToken): number {
  if (a.createdAt !== b.createdAt) return a.createdAt - b.createdAt;
  return a.hash < b.hash ? -1 : 1;
}
