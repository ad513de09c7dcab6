/**
 * Whether a client of this origin may connect. A browser names the page's origin and cannot be made to lie about it; other
 * clients name none, and are not whom the rule is for.
 *
 * @param allowed origins, or "*" alone for any
 */
export function admits(allowed: readonly string[], origin: string | undefined): boolean {
  if (origin === undefined || allowed.includes("*")) return true;
  return allowed.some((each) => each.toLowerCase() === origin.toLowerCase());
}
