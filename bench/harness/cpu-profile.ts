import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

export interface ProfileShare {
  readonly what: string;
  /** Of the CPU time that the profile saw, 0 to 1. */
  readonly share: number;
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
}

/** As much of a `.cpuprofile` as is needed here. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** us between a sample and the one before. */
  readonly timeDeltas: readonly number[];
}

const root = `${import.meta.dirname}/../..`;
/** Native methods of node:sqlite, which a profile names without where they are from. */
const sqliteMethods = new Set(["exec", "run", "get", "all", "iterate", "prepare"]);
const restName = "everything else";
/** V8 has no work to do there. */
const waiting = new Set(["(idle)", "(root)"]);

/** Node's options that make it write the profile of each thread into a new directory. */
export function profileInto(dir: string): readonly string[] {
  mkdirSync(dir, { recursive: true });
  return ["--cpu-prof", `--cpu-prof-dir=${dir}`];
}

export const readProfiles = (dir: string): readonly CpuProfile[] =>
  readdirSync(dir)
    .filter((name) => name.endsWith(".cpuprofile"))
    .map((name) => JSON.parse(readFileSync(`${dir}/${name}`, "utf8")));

/**
 * What the CPU time went to, the most first: our code by file, everything else by where it comes from. All threads together;
 * only what the engine's samples see (a compiler's or collector's own threads are not among them).
 *
 * @param most how many shares; the rest is one more
 * @param without a file whose work, and what it calls, is not counted: the bench's own preparations
 */
export function sharesOf(
  profiles: readonly CpuProfile[],
  most: number,
  without?: string,
): readonly ProfileShare[] {
  const sums = new Map<string, number>();
  let total = 0;
  for (const { nodes, samples, timeDeltas } of profiles) {
    const names = new Map(nodes.map((node) => [node.id, nameOf(node)]));
    for (const id of calledFrom(nodes, without)) names.delete(id);
    for (const [i, sample] of samples.entries()) {
      const name = names.get(sample);
      // The first difference is to the start of the profile, and may be negative.
      const us = Math.max(0, timeDeltas[i] ?? 0);
      if (name === undefined || waiting.has(name)) continue;
      sums.set(name, (sums.get(name) ?? 0) + us);
      total += us;
    }
  }
  const all = [...sums].map(([what, us]) => ({ what, share: us / total })).sort((a, b) => b.share - a.share);
  const rest = all.slice(most).reduce((sum, { share }) => sum + share, 0);
  return rest === 0 ? all : [...all.slice(0, most), { what: restName, share: rest }];
}

/** The nodes of a file's functions, and of all that they call. */
function calledFrom(nodes: readonly ProfileNode[], path: string | undefined): ReadonlySet<number> {
  const found = new Set<number>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const open = path === undefined ? [] : nodes.filter((node) => nameOf(node) === path);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (found.has(node.id)) continue;
    found.add(node.id);
    open.push(...(node.children ?? []).flatMap((id) => byId.get(id) ?? []));
  }
  return found;
}

function nameOf({ callFrame: { functionName, url } }: ProfileNode): string {
  if (functionName === "(program)") return "native code and system calls";
  if (functionName === "(garbage collector)") return "garbage collection";
  if (url === "" && sqliteMethods.has(functionName)) return "SQLite";
  if (url === "") return functionName === "" ? "anonymous" : functionName;
  if (url.startsWith("node:")) return url === "node:zlib" ? "gunzip and gzip" : "Node's own JavaScript";
  if (!url.startsWith("file:")) return url.replace(/^(wasm:).*/, "WebAssembly");
  const path = relative(root, fileURLToPath(url));
  return /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path;
}

/** The largest shares as words: `26 % a, 9 % b and 7 % c`. */
export function largestShares(shares: readonly ProfileShare[], most = 4): string {
  const largest = shares.filter(({ what }) => what !== restName).slice(0, most);
  const words = largest.map(({ what, share }) => `${Math.round(share * 100)} % ${what}`);
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
