// Runs dependency-cruiser and fails when it saw too little: with a parser that cannot read the sources it finds nothing
// wrong with nothing (0 modules, exit 0).
import { spawnSync } from "node:child_process";

const fewestModules = 150;
const roots = ["bin", "lib", "functions", "src", "local", "simulator", "cli", "dashboard", "bench", "test"];

const { status, stdout, stderr } = spawnSync(
  "depcruise",
  ["--config", ".dependency-cruiser.mjs", "--output-type", "json", ...roots],
  { encoding: "utf8", maxBuffer: 256 * 1024 * 1024 },
);
if (stdout === "") {
  process.stderr.write(stderr);
  process.exit(status || 1);
}
const { modules, summary } = JSON.parse(stdout);
for (const { rule, from, to } of summary.violations) {
  if (rule.severity === "error") console.error(`${rule.name}: ${from} -> ${to}`);
}
const ours = modules.filter(({ source }) => roots.includes(source.split("/")[0])).length;
console.log(`${ours} modules cruised, ${summary.error} violations`);
if (ours < fewestModules) {
  console.error(`expected at least ${fewestModules} modules: is the parser broken?`);
  process.exit(1);
}
process.exit(summary.error > 0 ? 1 : 0);
