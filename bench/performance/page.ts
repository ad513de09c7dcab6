import type { BenchResults, CaseResult } from "../harness/bench-case.ts";
import { askedOf, type Judged, judge, seenText, type Target } from "../harness/check.ts";
import { machineOf, type Stamp } from "../harness/machine.ts";
import { markdownTable, type ResultTable } from "../harness/result-table.ts";

/** What a case is, for the page. */
export interface Section {
  readonly name: string;
  readonly title: string;
  readonly text: string;
}

const intro = `\`npm run performance\` wrote this page, its tables and its pictures: it runs \`npm run bench\` and draws what that found. Do not edit it;
\`npm run performance -- --from results/bench.json\` draws what was found before.

All figures of a case come from one run, in which the contestants take turns; each is the median of its runs. CPU time is user and
system time of all threads of a contestant's own process, from its start to its end. It depends on the machine: what can be compared
elsewhere are the ratios, and \`npm run bench -- --check\` holds those that are asked for.`;

/** The whole page. @param pictures the pictures' files by their ids, relative to the page */
export function renderPage(
  results: BenchResults,
  sections: readonly Section[],
  targets: readonly Target[],
  pictures: ReadonlyMap<string, string>,
): string {
  const present = sections.flatMap((section) => {
    const result = results[section.name];
    return result === undefined ? [] : [{ section, result }];
  });
  const missing = sections.filter(({ name }) => results[name] === undefined).map(({ name }) => name);
  const judged = judge(targets, results);
  return `${[
    "# Performance",
    intro,
    measuredOn(present.map(({ result }) => result)),
    missing.length === 0 ? "" : `Not measured this time: ${missing.join(", ")}.`,
    "## What is asked, and what was seen",
    verdict(judged),
    markdownTable(targetTable(judged)),
    ...present.map(({ section, result }) => caseSection(section, result, pictures)),
  ]
    .filter((part) => part !== "")
    .join("\n\n")}\n`;
}

/** Where and when; each case where they differ. */
function measuredOn(results: readonly CaseResult[]): string {
  const machines = new Set(results.map(({ stamp }) => machineOf(stamp)));
  const commits = new Set(results.map(({ stamp }) => stamp.commit));
  const days = [...new Set(results.map(({ stamp }) => dayOf(stamp)))].sort();
  const minutes = results.reduce((sum, { seconds }) => sum + seconds, 0) / 60;
  const quick = results.some(({ isQuick }) => isQuick)
    ? " **This was a quick run, with less work and fewer repetitions: its figures are not to be quoted.**"
    : "";
  return `Measured on ${days.join(", ")} at commit ${[...commits].join(", ")} in ${Math.round(minutes)} minutes: ${[...machines].join("; ")}.${quick}`;
}

const dayOf = ({ at }: Stamp): string => at.slice(0, 10);

function verdict(judged: readonly Judged[]): string {
  const missed = judged.filter(({ isMet }) => !isMet);
  if (missed.length === 0) return `All ${judged.length} are met.`;
  return `${judged.length - missed.length} of ${judged.length} are met. Missed: ${missed.map(({ target }) => target.id).join(", ")}; what bounds them is told with each case.`;
}

function targetTable(judged: readonly Judged[]): ResultTable {
  return {
    title: "",
    columns: ["id", "what", "asked", "seen", ""].map((name) => ({ name, kind: "text" })),
    rows: judged.map(({ target, seen, isMet }) => [
      ...[target.id, target.what, askedOf(target), seenText(seen)],
      isMet ? "met" : "**missed**",
    ]),
  };
}

function caseSection(
  { title, text, name }: Section,
  result: CaseResult,
  pictures: ReadonlyMap<string, string>,
): string {
  const drawn = [...result.bars, ...result.curves].flatMap(({ id, title: alt }) => {
    const file = pictures.get(id);
    return file === undefined ? [] : [`![${alt}](${file})`];
  });
  return [
    `## ${title}`,
    `${text} \`npm run bench -- --only ${name}\`.`,
    ...result.tables.flatMap((table) => [`**${table.title}**`, markdownTable(table)]),
    ...drawn,
    ...(result.bounds.length === 0
      ? []
      : ["### Limits, and what bounds them", result.bounds.map((b) => `- ${b}`).join("\n")]),
    ...result.profiles.map(({ of, shares }) =>
      markdownTable({
        title: "",
        columns: [
          { name: `CPU time of ${of}`, kind: "text" },
          { name: "share", kind: "percent" },
        ],
        rows: shares.map(({ what, share }) => [what, share]),
      }),
    ),
  ].join("\n\n");
}
