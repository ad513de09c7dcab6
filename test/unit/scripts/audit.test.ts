import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  failingAdvisories,
  idleExceptions,
  readAuditReport,
  readExceptions,
} from "../../../scripts/audit/advisories.ts";
import { isAllowedLicence } from "../../../scripts/audit/licence.ts";
import { auditLockFile, type LockedPackage, type Manifest } from "../../../scripts/audit/lock-file.ts";
import { aDirectory } from "../cli/files.ts";

/** As npm 10 prints it: `loader` is weak by itself, `parent` because of it. */
const report = JSON.stringify({
  auditReportVersion: 2,
  vulnerabilities: {
    loader: {
      name: "loader",
      severity: "critical",
      isDirect: false,
      via: [
        {
          source: 1101,
          name: "loader",
          dependency: "loader",
          title: "Prototype pollution in loader",
          url: "https://github.com/advisories/GHSA-aaaa-bbbb-cccc",
          severity: "critical",
          range: "<2.0.4",
        },
        {
          source: 1102,
          name: "loader",
          dependency: "loader",
          title: "Slow pattern in loader",
          url: "https://github.com/advisories/GHSA-dddd-eeee-ffff",
          severity: "moderate",
          range: "<2.0.4",
        },
      ],
      effects: ["parent"],
      nodes: ["node_modules/loader"],
      fixAvailable: true,
    },
    parent: { name: "parent", severity: "critical", via: ["loader"], effects: [], nodes: [] },
  },
  metadata: { vulnerabilities: { moderate: 1, critical: 1, total: 2 } },
});

const advisories = () => {
  const read = readAuditReport(report);
  if (read.kind !== "advisories") throw new Error(read.reason);
  return read.advisories;
};

const anException = (expires: string, advisory = "GHSA-aaaa-bbbb-cccc") => ({
  advisory,
  reason: "no untrusted input gets there",
  expires,
});

describe("npm's report", () => {
  test("names each advisory once, whatever depends on its package", () => {
    expect(advisories().map(({ id, package: name, severity }) => [id, name, severity])).toEqual([
      ["GHSA-aaaa-bbbb-cccc", "loader", "critical"],
      ["GHSA-dddd-eeee-ffff", "loader", "moderate"],
    ]);
  });

  test("without weaknesses has none", () => {
    const none = JSON.stringify({ auditReportVersion: 2, vulnerabilities: {}, metadata: {} });

    expect(readAuditReport(none)).toEqual({ kind: "advisories", advisories: [] });
  });

  test.each([
    ["HTTP 405", JSON.stringify({ message: "405", statusCode: 405, body: "", error: { summary: "" } })],
    ["ENOAUDIT", JSON.stringify({ error: { code: "ENOAUDIT", summary: "no audits here" } })],
    ["npm audit printed no JSON", ""],
    ["npm audit printed no report", "[]"],
  ])("of a registry that serves no advisories is no report: %s", (reason, output) => {
    expect(readAuditReport(output)).toEqual({ kind: "unavailable", reason });
  });
});

describe("an advisory fails the audit", () => {
  test("where it is high or critical", () => {
    expect(failingAdvisories(advisories(), [], "2026-11-21").map(({ title }) => title)).toEqual([
      "Prototype pollution in loader",
    ]);
  });

  test("unless an exception holds, to its last day", () => {
    const exceptions = [anException("2026-11-21")];

    expect(failingAdvisories(advisories(), exceptions, "2026-11-21")).toEqual([]);
    expect(failingAdvisories(advisories(), exceptions, "2026-11-22")).toHaveLength(1);
  });
});

describe("an exception", () => {
  test("that is over or not needed is told", () => {
    const exceptions = [
      anException("2026-11-20"),
      anException("2027-01-01", "GHSA-dddd-eeee-ffff"),
      anException("2027-01-01", "GHSA-zzzz-zzzz-zzzz"),
    ];

    expect(idleExceptions(advisories(), exceptions, "2026-11-21")).toEqual([exceptions[0], exceptions[2]]);
  });

  test.each([
    [{ advisory: "GHSA-1" }],
    [anException("soon")],
    [{ ...anException("2027-01-01"), reason: " " }],
  ])("needs an advisory, a reason and a day: %j", (entry) => {
    expect(() => readExceptions(JSON.stringify([entry]))).toThrow(
      /entry 1 needs advisory, reason and expires/,
    );
  });

  test("of the committed list can be read", () => {
    const text = readFileSync(new URL("../../../audit-exceptions.json", import.meta.url), "utf8");

    expect(() => readExceptions(text)).not.toThrow();
  });
});

describe("the lock file", () => {
  const good: LockedPackage = { version: "1.2.3", integrity: "sha512-abc" };

  function problemsOf(entry: LockedPackage, manifest: Manifest = {}, licence: string | undefined = "MIT") {
    const packages = { "": manifest, "node_modules/a/node_modules/@scope/b": entry };
    return auditLockFile(manifest, { packages }, () => licence).problems;
  }

  test("of packages with a version, a hash and a licence has no problem", () => {
    expect(problemsOf(good)).toEqual([]);
    expect(problemsOf({ version: "1.0.0", inBundle: true })).toEqual([]);
  });

  test.each<[string, LockedPackage, string]>([
    ["without a hash", { version: "1.2.3" }, "no sha512 hash in package-lock.json"],
    ["with a weak hash", { ...good, integrity: "sha1-abc" }, "no sha512 hash in package-lock.json"],
    [
      "from git",
      { ...good, resolved: "git+ssh://git@github.com/x/b.git#abc" },
      "comes from git+ssh://git@github.com/x/b.git#abc, not from a registry",
    ],
    ["from a link", { ...good, link: true }, "comes from a link, not from a registry"],
    [
      "that depends on git",
      { ...good, dependencies: { c: "github:x/c" } },
      "depends on c from github:x/c, not from a registry",
    ],
    [
      "with an install script",
      { ...good, hasInstallScript: true },
      "has an install script and is not in allowScripts of package.json",
    ],
  ])("names a package %s", (_, entry, problem) => {
    expect(problemsOf(entry)).toEqual([`@scope/b 1.2.3: ${problem}`]);
  });

  test("lets allowed install scripts run", () => {
    const entry = { ...good, hasInstallScript: true };

    expect(problemsOf(entry, { allowScripts: { "@scope/b": true } })).toEqual([]);
    expect(problemsOf(entry, { allowScripts: { "@scope/b": false } })).toHaveLength(1);
  });

  test("is the one that belongs to package.json", () => {
    const packages = { "": { dependencies: { a: "1.0.0", b: "1.0.0" } } };
    const manifest = { dependencies: { a: "1.0.0", b: "1.0.1" }, devDependencies: { c: "1.0.0" } };

    expect(auditLockFile(manifest, { packages }, () => "MIT").problems).toEqual([
      "b 1.0.1: 1.0.0 in package-lock.json",
      "c 1.0.0: missing in package-lock.json",
    ]);
  });

  test("counts packages of other platforms that nothing vouches for", () => {
    const packages = { "node_modules/x": { version: "1.0.0", optional: true, os: ["win32"] } };

    expect(auditLockFile({}, { packages }, () => undefined)).toEqual({
      problems: [],
      packages: 1,
      withoutHash: 1,
      withoutLicence: 1,
    });
  });

  test.each(["GPL-3.0-only", ""])("names the licence %j", (licence) => {
    expect(problemsOf(good, {}, licence)).toEqual([
      `@scope/b 1.2.3: licence ${licence || "missing"} is not allowed`,
    ]);
  });

  test.each(["^1.2.3", "latest", "github:x/y", "file:../y", "https://example.com/y.tgz", "1.x"])(
    "must not leave the version open: %s",
    (version) => {
      expect(problemsOf(good, { devDependencies: { y: version } })).toEqual([
        `y ${version}: not an exact version in package.json`,
      ]);
    },
  );
});

describe("npm run audit", () => {
  /** With an npm that prints this in place of what the registry says. */
  function audit(output: string, variables: Readonly<Record<string, string>> = {}) {
    const directory = aDirectory();
    writeFileSync(join(directory, "report.json"), output);
    writeFileSync(join(directory, "npm"), `#!/bin/sh\ncat ${directory}/report.json; exit 1\n`, {
      mode: 0o755,
    });
    const script = new URL("../../../scripts/audit.ts", import.meta.url).pathname;
    return spawnSync(process.execPath, [script], {
      encoding: "utf8",
      env: { ...process.env, ...variables, PATH: `${directory}:${process.env["PATH"]}` },
    });
  }
  const unavailable = JSON.stringify({ statusCode: 405, error: {} });

  test("fails with the names of what is high or critical", () => {
    const { status, stdout } = audit(report);

    expect(status).toBe(1);
    expect(stdout).toContain("production  loader: Prototype pollution in loader (GHSA-aaaa-bbbb-cccc)");
  });

  test("passes where the registry serves no advisories, and says that they were not checked", () => {
    const { status, stdout } = audit(unavailable, { AUDIT_REQUIRED: "" });

    expect(status).toBe(0);
    expect(stdout).toContain("advisories: the registry serves none (HTTP 405); NOT CHECKED\n");
  });

  test("fails there with AUDIT_REQUIRED=1", () => {
    expect(audit(unavailable, { AUDIT_REQUIRED: "1" }).status).toBe(1);
  });
});

test.each([
  ["MIT", true],
  ["MIT OR GPL-3.0-only", true],
  ["(MIT OR GPL-3.0-or-later)", true],
  ["Apache-2.0 AND MIT", true],
  ["MIT AND GPL-3.0-only", false],
  ["GPL-3.0-only OR (MIT AND ISC)", true],
  ["(MIT", false],
  ["MIT ISC", false],
  ["SEE LICENSE IN LICENSE.md", false],
  ["", false],
])("the licence %j is allowed: %s", (expression, isAllowed) => {
  expect(isAllowedLicence(expression)).toBe(isAllowed);
});
