import { isAllowedLicence } from "./licence.ts";

/** The parts of package.json that are audited. */
export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  /** Packages whose install scripts may run. */
  readonly allowScripts?: Readonly<Record<string, boolean>>;
}

/** A package of package-lock.json, version 3. */
export interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  /** It comes inside its parent's archive, whose hash covers it. */
  readonly inBundle?: boolean;
  readonly hasInstallScript?: boolean;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

export interface LockFile {
  /** By path; that of the project itself is "". */
  readonly packages: Readonly<Record<string, LockedPackage & Manifest>>;
}

export interface LockAudit {
  /** One line for each thing that is wrong. */
  readonly problems: readonly string[];
  readonly packages: number;
  /** Packages for other platforms that the registry of the last `npm install` did not carry: nothing vouches for them. */
  readonly withoutHash: number;
  /** Packages that are not installed here, and whose licence the lock file does not tell either. */
  readonly withoutLicence: number;
}

/**
 * Checks what needs no network: where packages come from, their hashes, licences and install scripts.
 *
 * @param licenceOf what an installed package says, by its path in the lock file; undefined where it is not installed
 */
export function auditLockFile(
  manifest: Manifest,
  { packages }: LockFile,
  licenceOf: (path: string) => string | undefined,
): LockAudit {
  const problems = [...unpinned(manifest), ...unlocked(manifest, packages[""])];
  let withoutHash = 0;
  let withoutLicence = 0;
  const locked = Object.entries(packages).filter(([path]) => path !== "");
  for (const [path, entry] of locked) {
    const name = `${nameOf(path)} ${entry.version ?? "of no version"}`;
    problems.push(...originProblems(entry).map((problem) => `${name}: ${problem}`));
    if (isOtherPlatform(entry)) withoutHash += 1;
    else if (!isHashed(entry)) problems.push(`${name}: no sha512 hash in package-lock.json`);
    if (entry.hasInstallScript === true && manifest.allowScripts?.[nameOf(path)] !== true) {
      problems.push(`${name}: has an install script and is not in allowScripts of package.json`);
    }
    const licence = licenceOf(path) ?? entry.license;
    if (licence === undefined) withoutLicence += 1;
    else if (!isAllowedLicence(licence))
      problems.push(`${name}: licence ${licence || "missing"} is not allowed`);
  }
  return { problems, packages: locked.length, withoutHash, withoutLicence };
}

/** Ranges, tags, git, http and file: anything but one version of a registry's package. */
function unpinned({ dependencies = {}, devDependencies = {} }: Manifest): readonly string[] {
  return Object.entries({ ...dependencies, ...devDependencies })
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.-]+)?$/.test(version))
    .map(([name, version]) => `${name} ${version}: not an exact version in package.json`);
}

/** What `npm ci` would refuse. */
function unlocked(manifest: Manifest, locked: Manifest = {}): readonly string[] {
  const there = { ...locked.dependencies, ...locked.devDependencies };
  return Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    .filter(([name, version]) => there[name] !== version)
    .map(([name, version]) => `${name} ${version}: ${there[name] ?? "missing"} in package-lock.json`);
}

function originProblems({ resolved, link, dependencies = {} }: LockedPackage): readonly string[] {
  const isArchive = resolved === undefined || /^https:\/\/[^#]+\.tgz$/.test(resolved);
  return [
    ...(link === true || !isArchive ? [`comes from ${resolved ?? "a link"}, not from a registry`] : []),
    ...Object.entries(dependencies)
      .filter(([, range]) => /^(git|https?:|file:|link:|github:|[\w-]+\/)/.test(range))
      .map(([name, range]) => `depends on ${name} from ${range}, not from a registry`),
  ];
}

const isHashed = ({ integrity, inBundle }: LockedPackage): boolean =>
  inBundle === true || integrity?.startsWith("sha512-") === true;

/** Written by scripts/lock-platforms.mjs; npm installs it on that platform only. */
const isOtherPlatform = ({ integrity, optional, os }: LockedPackage): boolean =>
  integrity === undefined && optional === true && os !== undefined;

/** `@aws-sdk/core`, of `node_modules/a/node_modules/@aws-sdk/core`. */
const nameOf = (path: string): string =>
  path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
