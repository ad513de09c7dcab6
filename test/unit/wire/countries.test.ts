import { faker } from "@faker-js/faker/locale/en";
import { expect, test } from "vitest";
import { countryCodeOf, countryCodes } from "#src/wire/countries.ts";

test("all codes of ISO 3166-1 are known, and Kosovo's", () => {
  expect(countryCodes).toHaveLength(250);
});

test("the names that CLDR and faker use are known", () => {
  const names = new Intl.DisplayNames(["en"], { type: "region" });

  expect(countryCodes.filter((code) => countryCodeOf(names.of(code) ?? "") !== code)).toEqual([]);
  expect(faker.definitions.location.country?.filter((name) => countryCodeOf(name) === undefined)).toEqual([]);
});

test.each([
  ["USA", "US"],
  ["U.S.A.", "US"],
  ["united states", "US"],
  ["UK", "GB"],
  ["South Korea", "KR"],
  ["Korea, Republic of", "KR"],
  ["Czech Republic", "CZ"],
  ["The Netherlands", "NL"],
  ["Cote d'Ivoire", "CI"],
  ["Slovakia (Slovak Republic)", "SK"],
  ["Saint Lucia", "LC"],
  ["deu", "DE"],
])("%s is %s", (name, code) => {
  expect(countryCodeOf(name)).toBe(code);
});

test.each(["", "XX", "EU", "Narnia", "U", "__proto__", "constructor"])("%j is none", (name) => {
  expect(countryCodeOf(name)).toBeUndefined();
});
