// Audits the dependencies: where they come from, hashes, licences, install scripts, and the registry's advisories. Exit
// code 1 for anything wrong, or for advisories of high or critical severity that audit-exceptions.json does not except.
// A registry without advisories is told and does not fail, unless AUDIT_REQUIRED=1.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type AuditReport,
  failingAdvisories,
  idleExceptions,
  readAuditReport,
  readExceptions,
} from "./audit/advisories.ts";
import { auditLockFile } from "./audit/lock-file.ts";

const root = join(import.meta.dirname, "..");
const npmTimeoutMs = 120_000;

const readText = (path: string): string => readFileSync(join(root, path), "utf8");

function licenceOf(path: string): string | undefined {
  let text: string;
  try {
    text = readText(join(path, "package.json"));
  } catch {
    return undefined;
  }
  const { license }: { license?: unknown } = JSON.parse(text);
  return typeof license === "string" ? license : "";
}

/** npm exits with 1 for advisories and for failures alike: what it printed tells which. */
function npmAudit(...args: string[]): Promise<AuditReport> {
  const options = { cwd: root, timeout: npmTimeoutMs, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile("npm", ["audit", "--json", "--audit-level=high", ...args], options, (_error, stdout) => {
      resolve(readAuditReport(stdout));
    });
  });
}

/** Prints what the registry knows; returns whether it is a failure. */
async function auditAdvisories(): Promise<boolean> {
  const [all, production] = await Promise.all([npmAudit(), npmAudit("--omit=dev")]);
  if (all.kind === "unavailable" || production.kind === "unavailable") {
    const reason = all.kind === "unavailable" ? all.reason : "no report without development";
    const isRequired = process.env["AUDIT_REQUIRED"] === "1";
    console.log(
      `advisories: the registry serves none (${reason}); NOT CHECKED${isRequired ? ", but required" : ""}`,
    );
    return isRequired;
  }
  const today = new Date().toISOString().slice(0, 10);
  const exceptions = readExceptions(readText("audit-exceptions.json"));
  const failing = failingAdvisories(all.advisories, exceptions, today);
  const deployed = new Set(production.advisories.map(({ id }) => id));
  const inUse = `${production.advisories.length} in production`;
  console.log(
    `advisories: ${all.advisories.length}, ${inUse}; ${failing.length} of high or critical severity without an exception`,
  );
  for (const { id, package: name, severity, title } of failing) {
    console.log(
      `  ${severity.padEnd(8)} ${deployed.has(id) ? "production " : "development"} ${name}: ${title} (${id})`,
    );
  }
  for (const { advisory, expires } of idleExceptions(all.advisories, exceptions, today)) {
    console.log(`  the exception for ${advisory} is over or not needed (until ${expires}): remove it`);
  }
  return failing.length > 0;
}

const { problems, packages, withoutHash, withoutLicence } = auditLockFile(
  JSON.parse(readText("package.json")),
  JSON.parse(readText("package-lock.json")),
  licenceOf,
);
console.log(
  `packages: ${packages} locked, ${problems.length} problems; ${withoutHash} for other platforms without a hash, ` +
    `${withoutLicence} of unknown licence`,
);
for (const problem of problems) console.log(`  ${problem}`);
const hasFailed = await auditAdvisories();
process.exitCode = problems.length > 0 || hasFailed ? 1 : 0;
