/** What may be used without asking anybody: permissive licences, and MPL for what stays in files of its own. */
const allowed: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "MIT-0",
  "MPL-2.0",
  "Unlicense",
]);

/** Whether an SPDX expression (`MIT OR (GPL-3.0-only AND Apache-2.0)`) leaves a choice that is allowed. */
export function isAllowedLicence(expression: string): boolean {
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? [];
  let next = 0;

  function choice(): boolean {
    let isAllowed = both();
    while (tokens[next] === "OR") {
      next += 1;
      isAllowed = both() || isAllowed;
    }
    return isAllowed;
  }
  function both(): boolean {
    let isAllowed = one();
    while (tokens[next] === "AND") {
      next += 1;
      isAllowed = one() && isAllowed;
    }
    return isAllowed;
  }
  function one(): boolean {
    const token = tokens[next++] ?? "";
    if (token !== "(") return allowed.has(token);
    const isAllowed = choice();
    return tokens[next++] === ")" && isAllowed;
  }

  return choice() && next === tokens.length;
}
