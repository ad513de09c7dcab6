/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** What is wrong with a play; which of its faults is said is nothing that counts. */
export class NoPlay extends Error {
  override readonly name = "NoPlay";
}

export const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @throws NoPlay where a text holds a NUL or half a character */
export function soundText(text: string): string {
  if (text.includes("\0") || !text.isWellFormed()) throw new NoPlay("text");
  return text;
}

const deepest = 32;
const derived = ["qualified", "completed", "skipped", "pct"];

/** Names of fields that say who somebody is, in lower case and without anything but letters and digits. */
const personal = new Set(
  [
    ["email", "mail", "emailaddress", "useremail"],
    ["username", "userfullname", "fullname", "firstname", "lastname", "middlename", "surname", "givenname"],
    ["familyname", "maidenname", "displayname", "realname", "nickname", "login"],
    ["phone", "phonenumber", "telephone", "mobilenumber"],
    ["address", "streetaddress", "street", "postaladdress", "homeaddress"],
    ["ip", "ipaddress", "ipaddr", "ipv4", "ipv6"],
    ["birthday", "birthdate", "dateofbirth", "dob"],
    ["password", "passwd", "ssn", "creditcard", "avatar", "avatarurl"],
  ].flat(),
);

/** Of an object under one of these a `name` is personal. */
const people = [
  "user",
  "listener",
  "account",
  "customer",
  "member",
  "owner",
  "person",
  "profile",
  "subscriber",
];

const plain = (key: string): string => key.toLowerCase().replaceAll(/[^a-z\d]/g, "");
const isPerson = (key: string): boolean => people.includes(plain(key));

const isLeftOut = (key: string, ofPerson: boolean): boolean =>
  key === "__proto__" || personal.has(plain(key)) || (ofPerson && plain(key) === "name");

/**
 * Puts the fields that play.v1 does not know into `kept`, without what is derived or personal.
 *
 * @param within what they were found in, such as `track.`; empty for the play itself
 * @throws NoPlay where one cannot be kept
 */
export function keepOthers(
  json: Json,
  known: readonly string[],
  within: string,
  kept: Map<string, unknown>,
): void {
  for (const [key, value] of Object.entries(json)) {
    if (known.includes(key) || derived.includes(key) || isLeftOut(key, within === "")) continue;
    kept.set(within + soundText(key), copied(value, isPerson(key), 1));
  }
}

function copied(value: unknown, ofPerson: boolean, depth: number): unknown {
  if (typeof value === "string") return soundText(value);
  if (typeof value === "number" && !Number.isFinite(value)) throw new NoPlay("number"); // such as 1e999
  if (typeof value !== "object" || value === null) return value;
  if (depth > deepest) throw new NoPlay("depth");
  if (Array.isArray(value)) return value.map((item) => copied(item, ofPerson, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !isLeftOut(key, ofPerson))
      .map(([key, item]) => [soundText(key), copied(item, isPerson(key), depth + 1)]),
  );
}
