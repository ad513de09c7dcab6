import { expect, test } from "vitest";
import {
  type AccessToken,
  byAge,
  isExpired,
  isTokenId,
  isTokenText,
  opens,
  type TokenHash,
  tokenIdOf,
  tokenText,
} from "#src/domain/access-token.ts";
import type { EpochMs, UserId } from "#src/domain/play.ts";
import { isUserId } from "#src/domain/user-id.ts";

const aToken = (createdAt: number, hash = "0".repeat(64)): AccessToken => ({
  ...{ id: tokenIdOf(hash as TokenHash), hash: hash as TokenHash, label: "l", scope: { kind: "operator" } },
  ...{ createdAt: createdAt as EpochMs, expiresAt: (createdAt + 10) as EpochMs },
});

test("a token has 256 random bits after a mark by which leaked ones are found", () => {
  const text = tokenText(Buffer.alloc(32, 0xfb).toString("base64url"));

  expect(text).toMatch(/^ew_[\w-]{43}$/);
  expect(isTokenText(text)).toBe(true);
});

test.each([
  "",
  "ew_",
  `ew_${"a".repeat(42)}`,
  `ew_${"a".repeat(44)}`,
  `ew_${"a".repeat(42)}+`,
  `\new_${"a".repeat(43)}`,
])("%j is no token", (text) => {
  expect(isTokenText(text)).toBe(false);
  expect(isTokenText(`${text}\n`)).toBe(false);
});

test("an id is twelve digits of the hash", () => {
  expect(tokenIdOf(`0123456789ab${"f".repeat(52)}` as TokenHash)).toBe("0123456789ab");
  expect(isTokenId("0123456789ab")).toBe(true);
  for (const text of ["0123456789a", "0123456789abc", "0123456789AB", "0123456789ab\n"])
    expect(isTokenId(text)).toBe(false);
});

test("a token is good up to the moment in which it expires", () => {
  expect(isExpired(aToken(5), 14 as EpochMs)).toBe(false);
  expect(isExpired(aToken(5), 15 as EpochMs)).toBe(true);
});

test("an operator opens every listener's data, a listener's token that listener's only", () => {
  const ann = "ann" as UserId;

  expect(opens({ kind: "operator" }, ann)).toBe(true);
  expect(opens({ kind: "listener", userId: ann }, ann)).toBe(true);
  expect(opens({ kind: "listener", userId: "Ann" as UserId }, ann)).toBe(false);
});

test("tokens are ordered by age, those of one moment by hash", () => {
  const tokens = [aToken(2), aToken(1, "b".repeat(64)), aToken(1, "a".repeat(64))];

  expect(tokens.sort(byAge).map(({ hash, createdAt }) => [createdAt, hash[0]])).toEqual([
    [1, "a"],
    [1, "b"],
    [2, "0"],
  ]);
});

test.each([
  ["u", true],
  ["日本 🎵/ü", true],
  ["x".repeat(128), true],
  ["", false],
  ["x".repeat(129), false],
  ["a\0b", false],
  ["\ud800", false],
])("%j as a listener's id: %j", (text, expected) => {
  expect(isUserId(text)).toBe(expected);
});
