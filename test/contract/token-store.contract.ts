import { describe, expect, test } from "vitest";
import { type AccessToken, type TokenHash, type TokenId, tokenIdOf } from "#src/domain/access-token.ts";
import type { EpochMs, UserId } from "#src/domain/play.ts";
import type { TokenStore } from "#src/ports/token-store.ts";
import { type Open, opened } from "./opened.ts";

/** A hash of 64 hex digits that begins with the given ones. */
const aHash = (start: string): TokenHash => start.padEnd(64, "0") as TokenHash;

function aToken(start: string, overrides: Partial<AccessToken> = {}): AccessToken {
  const hash = aHash(start);
  return {
    id: tokenIdOf(hash),
    hash,
    label: "the night shift's dashboard",
    scope: { kind: "operator" },
    createdAt: 1_700_000_000_000 as EpochMs,
    expiresAt: 1_710_000_000_000 as EpochMs,
    ...overrides,
  };
}

/** What every TokenStore does. */
export function tokenStoreContract(name: string, open: Open<TokenStore>): void {
  describe(`${name} as a TokenStore`, () => {
    test("a token that nobody created is not found", async () => {
      const store = await opened(open);

      expect(await store.find(aHash("a"))).toBeUndefined();
      expect(await store.list()).toEqual([]);
    });

    test.each<[string, Partial<AccessToken>]>([
      ["an operator's", {}],
      ["a listener's", { scope: { kind: "listener", userId: "日本 🎵/ü" as UserId } }],
      ["one with a label in quotes", { label: "it's \"quoted\" \\ '; DROP TABLE tokens" }],
    ])("a token comes back as it was created: %s", async (_, overrides) => {
      const store = await opened(open);
      const token = aToken("a", overrides);

      await store.create(token);

      expect(await store.find(token.hash)).toEqual(token);
    });

    test("a token is found by its whole hash only", async () => {
      const store = await opened(open);
      await store.create(aToken("abc"));

      expect(await store.find(aHash("abd"))).toBeUndefined();
      expect(await store.find(aHash("abc").slice(0, 63) as TokenHash)).toBeUndefined();
      expect(await store.find(aHash("ABC"))).toBeUndefined();
    });

    test("a token that is revoked is not found from then on, and the others are", async () => {
      const store = await opened(open);
      const [first, second] = [aToken("abcdef012345"), aToken("abcdef012346")];
      await store.create(first);
      await store.create(second);

      const outcome = await store.revoke(first.id);

      expect(outcome).toBe(true);
      expect(await store.find(first.hash)).toBeUndefined();
      expect(await store.find(second.hash)).toEqual(second);
      expect(await store.revoke(first.id)).toBe(false);
    });

    test.each(["", "a", "abcdef01234", "abcdef0123456", "ABCDEF012345", "%", "abcdef01234_"])(
      "%j is no token's id and revokes nothing",
      async (id) => {
        const store = await opened(open);
        const token = aToken("abcdef012345");
        await store.create(token);

        expect(await store.revoke(id as TokenId)).toBe(false);
        expect(await store.find(token.hash)).toEqual(token);
      },
    );

    test("the list has the oldest first, expired ones included", async () => {
      const store = await opened(open);
      const tokens = [3, 1, 2, 2].map((age, index) =>
        aToken(`${index}f`, { createdAt: age as EpochMs, expiresAt: (age + 1) as EpochMs }),
      );
      for (const token of tokens) await store.create(token);

      const listed = await store.list();

      expect(listed).toEqual([tokens[1], tokens[2], tokens[3], tokens[0]]);
    });

    test("hundreds of tokens with the longest labels are all listed", async () => {
      const store = await opened(open);
      const label = "é".repeat(1_000); // a query's page of DynamoDB has 1 MB
      for (let i = 0; i < 600; i++) {
        await store.create(aToken(i.toString(16).padStart(4, "0"), { label, createdAt: i as EpochMs }));
      }

      const listed = await store.list();

      expect(listed.map(({ createdAt }) => createdAt)).toEqual(Array.from({ length: 600 }, (_, i) => i));
    });
  });
}
