// Completes package-lock.json after `npm install` where a registry does not carry every platform's binary packages: npm
// then leaves them out of the lock file, and `npm ci` refuses the file everywhere. What is added is never downloaded on
// another platform; on its own it is looked up by its version.
import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const { packages } = lock;

const systems = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const processors = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64"];

/** `@swc/core-linux-ppc64-gnu` runs on linux, ppc64, glibc. */
function platformOf(name) {
  const words = name.split(/[/-]/);
  const os = systems.filter((system) => words.includes(system));
  const cpu = processors.filter((processor) => words.includes(processor)).slice(0, 1);
  const musl = words.some((word) => word.startsWith("musl"));
  const gnu = words.some((word) => word.startsWith("gnu"));
  const libc = musl ? { libc: ["musl"] } : gnu && os[0] === "linux" ? { libc: ["glibc"] } : {};
  return os.length === 0 || cpu.length === 0 ? undefined : { cpu, os, ...libc };
}

let added = 0;
for (const [path, entry] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const isKnown = packages[`${path}/node_modules/${name}`] ?? packages[`node_modules/${name}`];
    const platform = platformOf(name);
    if (isKnown !== undefined || platform === undefined || !/^\d/.test(version)) continue;
    packages[`node_modules/${name}`] = {
      version,
      ...(entry.dev === true ? { dev: true } : {}),
      optional: true,
      ...platform,
    };
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
console.log(`${added} packages of other platforms added`);
