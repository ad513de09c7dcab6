import { expect, test } from "vitest";
import { parseEnv } from "#src/config/env.ts";

test("a list is texts with commas between them, or none", () => {
  const listOf = (raw: string) => parseEnv({ ORIGINS: "list" }, { ORIGINS: raw }).ORIGINS;

  expect(listOf("https://a.example,https://b.example")).toEqual(["https://a.example", "https://b.example"]);
  expect(listOf("*")).toEqual(["*"]);
  expect(listOf("none")).toEqual([]);
});

test("a list that is not set is an error: nobody is admitted by a mistake", () => {
  expect(() => parseEnv({ ORIGINS: "list" }, { ORIGINS: "" })).toThrow("ORIGINS: is not set");
  expect(() => parseEnv({ ORIGINS: "list" }, {})).toThrow("ORIGINS: is not set");
});
