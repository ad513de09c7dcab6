import { isObject } from "./json.ts";
import { showValue } from "./show-value.ts";

const maxDepth = 32;

/** Computed by Earworm from the other fields (`judge`); a sender's own opinion is dropped. */
const derivedFields: ReadonlySet<string> = new Set(["qualified", "completed", "skipped", "pct"]);

/** Who somebody is, in letters only and lower case. Never stored, wherever in a play it stands. */
const personalFields: ReadonlySet<string> = new Set(
  [
    "email mail emailaddress useremail username userfullname fullname firstname lastname middlename surname",
    "givenname familyname maidenname displayname realname nickname login phone phonenumber telephone",
    "mobilenumber address streetaddress street postaladdress homeaddress ip ipaddress ipaddr ipv4 ipv6 birthday",
    "birthdate dateofbirth dob password passwd ssn creditcard avatar avatarurl",
  ].flatMap((names) => names.split(" ")),
);

/** An object under one of these is a person, and its `name` is personal; a playlist's is not. */
const persons: ReadonlySet<string> = new Set(
  "user listener account customer member owner person profile subscriber".split(" "),
);

interface ExtRejection {
  readonly field: string;
  readonly reason: string;
}

const lettersOnly = (key: string): string => key.toLowerCase().replace(/[^a-z0-9]/g, "");

function isDropped(key: string, nameIsPersonal: boolean): boolean {
  if (key === "__proto__") return true;
  const letters = lettersOnly(key);
  return personalFields.has(letters) || (nameIsPersonal && letters === "name");
}

function textProblem(text: string): string | undefined {
  if (text.includes("\0")) return "text without NUL";
  return text.isWellFormed() ? undefined : "well-formed Unicode";
}

/** What is wrong with a value that is neither array nor object; undefined if it is JSON's. */
function scalarProblem(value: unknown): string | undefined {
  if (typeof value === "string") return textProblem(value);
  if (typeof value === "number") return Number.isFinite(value) ? undefined : "a finite number";
  return value === null || typeof value === "boolean" ? undefined : "a JSON value";
}

/** Copies nested values without personal data. The first problem ends in `problem`. */
class ExtCopier {
  problem: ExtRejection | undefined;

  copy(path: string, value: unknown, isPerson: boolean, depth: number): unknown {
    if (typeof value !== "object" || value === null) {
      const expected = scalarProblem(value);
      if (expected !== undefined) this.#reject(path, expected, value);
      return value === 0 ? 0 : value; // JSON.stringify knows no -0
    }
    if (depth > maxDepth) {
      this.#reject(path, `at most ${maxDepth} levels`, value);
      return null;
    }
    if (Array.isArray(value)) return value.map((item) => this.copy(path, item, isPerson, depth + 1));
    return isObject(value) ? this.#copyObject(path, value, isPerson, depth) : null;
  }

  #copyObject(
    path: string,
    value: Readonly<Record<string, unknown>>,
    isPerson: boolean,
    depth: number,
  ): unknown {
    const copy: Record<string, unknown> = {};
    for (const key in value) {
      if (isDropped(key, isPerson)) continue;
      const expected = textProblem(key);
      if (expected !== undefined) this.#reject(path, `keys of ${expected}`, key);
      copy[key] = this.copy(path, value[key], persons.has(lettersOnly(key)), depth + 1);
    }
    return copy;
  }

  #reject(path: string, expected: string, value: unknown): void {
    this.problem ??= { field: path, reason: `expected ${expected}, got ${showValue(value)}` };
  }
}

/**
 * Puts a field that play.v1 does not know into `target.ext`, unless it is derived or personal.
 * `prefix` is the object it was found in, such as `track.`; empty at the top.
 */
export function decodeExt(
  prefix: string,
  key: string,
  value: unknown,
  target: { ext: Record<string, unknown> | undefined },
): ExtRejection | undefined {
  if (value === undefined || derivedFields.has(key) || isDropped(key, prefix === "")) return undefined;
  const copier = new ExtCopier();
  const name = `${prefix}${key}`;
  const expected = textProblem(key);
  if (expected !== undefined)
    return { field: "ext", reason: `expected keys of ${expected}, got ${showValue(key)}` };
  target.ext ??= {};
  target.ext[name] = copier.copy(`ext.${name}`, value, persons.has(lettersOnly(key)), 1);
  return copier.problem;
}
