/** A known weakness of a package. */
export interface Advisory {
  /** Such as `GHSA-xxxx-xxxx-xxxx`. */
  readonly id: string;
  readonly package: string;
  readonly severity: string;
  readonly title: string;
  readonly url: string;
}

/** An advisory that somebody looked at and found not to matter here, for a while (audit-exceptions.json). */
export interface AuditException {
  readonly advisory: string;
  readonly reason: string;
  /** The last day it holds, `2026-12-31`. */
  readonly expires: string;
}

/** What `npm audit --json` told: advisories, or why there are none. */
export type AuditReport =
  | { readonly kind: "advisories"; readonly advisories: readonly Advisory[] }
  | { readonly kind: "unavailable"; readonly reason: string };

const failing: ReadonlySet<string> = new Set(["high", "critical"]);

/** Reads the output of `npm audit --json`. A registry that serves no advisories makes npm print an error instead. */
export function readAuditReport(output: string): AuditReport {
  let json: unknown;
  try {
    json = JSON.parse(output);
  } catch {
    return { kind: "unavailable", reason: "npm audit printed no JSON" };
  }
  if (!isObject(json)) return { kind: "unavailable", reason: "npm audit printed no report" };
  const { vulnerabilities } = json;
  if (!isObject(vulnerabilities)) return { kind: "unavailable", reason: reasonIn(json) };
  const byId = new Map<string, Advisory>();
  for (const vulnerability of Object.values(vulnerabilities)) {
    for (const advisory of advisoriesIn(vulnerability))
      byId.set(`${advisory.id} ${advisory.package}`, advisory);
  }
  return { kind: "advisories", advisories: [...byId.values()] };
}

/** A text in `via` names another entry, whose own advisories are listed there. */
function advisoriesIn(vulnerability: unknown): readonly Advisory[] {
  if (!isObject(vulnerability) || !Array.isArray(vulnerability["via"])) return [];
  return vulnerability["via"].filter(isObject).map((via) => {
    const url = String(via["url"] ?? "");
    return {
      id: url.split("/").at(-1) || String(via["source"]),
      package: String(via["name"] ?? vulnerability["name"]),
      severity: String(via["severity"]),
      title: String(via["title"]),
      url,
    };
  });
}

function reasonIn(json: Readonly<Record<string, unknown>>): string {
  const { statusCode, error } = json;
  if (typeof statusCode === "number") return `HTTP ${statusCode}`;
  return isObject(error) && typeof error["code"] === "string" ? error["code"] : "no report";
}

/**
 * Reads audit-exceptions.json.
 *
 * @throws Error naming the entry that lacks an advisory, a reason or a day
 */
export function readExceptions(text: string): readonly AuditException[] {
  const json: unknown = JSON.parse(text);
  if (!Array.isArray(json)) throw new Error("audit-exceptions.json: expected an array");
  return json.map((entry: unknown, index) => {
    const { advisory, reason, expires } = isObject(entry) ? entry : {};
    const isWhole =
      typeof advisory === "string" &&
      typeof reason === "string" &&
      reason.trim() !== "" &&
      typeof expires === "string" &&
      /^\d{4}-\d\d-\d\d$/.test(expires);
    if (isWhole) return { advisory, reason, expires };
    throw new Error(
      `audit-exceptions.json: entry ${index + 1} needs advisory, reason and expires (YYYY-MM-DD), got ${JSON.stringify(entry)}`,
    );
  });
}

/** The advisories that fail the audit: high or critical, and without an exception that still holds on `today`. */
export function failingAdvisories(
  advisories: readonly Advisory[],
  exceptions: readonly AuditException[],
  today: string,
): readonly Advisory[] {
  const excepted = new Set(
    exceptions.filter(({ expires }) => expires >= today).map(({ advisory }) => advisory),
  );
  return advisories.filter(({ id, severity }) => failing.has(severity) && !excepted.has(id));
}

/** Exceptions that no longer hold, or that nothing needs. */
export function idleExceptions(
  advisories: readonly Advisory[],
  exceptions: readonly AuditException[],
  today: string,
): readonly AuditException[] {
  const known = new Set(advisories.map(({ id }) => id));
  return exceptions.filter(({ advisory, expires }) => expires < today || !known.has(advisory));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
