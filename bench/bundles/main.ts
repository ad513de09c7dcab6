// Prints each function's bundle: size, what is heaviest in it, and how long a fresh process takes to load it.
import { buildBundle, bundleEntries } from "./build-bundle.ts";
import { measureInit } from "./init-time.ts";

const runs = 7;
const heaviest = 4;

const kb = (bytes: number): string => (bytes / 1000).toFixed(0);

const rows = [["function", "bytes", "gzip", "load ms", "bare ms", "ratio", "heaviest (kB)"]];
for (const entry of bundleEntries()) {
  const bundle = await buildBundle(entry);
  const { loadedMs, bareMs } = await measureInit(bundle, runs);
  const packages = bundle.packages.slice(0, heaviest).map(([name, bytes]) => `${name} ${kb(bytes)}`);
  rows.push([
    entry,
    String(bundle.code.length),
    String(bundle.gzippedBytes),
    loadedMs.toFixed(0),
    bareMs.toFixed(0),
    (loadedMs / bareMs).toFixed(1),
    packages.join(", "),
  ]);
}
const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
for (const row of rows) {
  const cells = row.map((cell, column) => {
    const isText = column === 0 || column === row.length - 1;
    return isText ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  });
  console.log(cells.join("  ").trimEnd());
}
console.log(
  `median of ${runs} fresh processes each, on ${process.platform} ${process.arch}, Node ${process.version}`,
);
