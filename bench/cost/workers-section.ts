import { nameOf, perPlayOf, workersOf, writesPerPlay } from "./cell-figures.ts";
import { deployedDefaults } from "./deployed-defaults.ts";
import { table, units, whole } from "./markdown.ts";
import type { CellMeasure, StageName } from "./measure.ts";
import { type FoldCycle, foldCycleOf, foldsOfATick, profileShareOf } from "./profile-tick.ts";
import type { Results } from "./results.ts";
import {
  type CpuRates,
  epochSeconds,
  foldingEpochSeconds,
  keepsUp,
  longestSeconds,
  requestSeconds,
  workflowStages,
} from "./stage-time.ts";

/** Which workers the rows have, how long each stage takes with them, and how profiles are folded. */
export function workersSection(results: Results): string {
  const { cells, rates } = results;
  const { stageTimeoutSeconds } = deployedDefaults;
  const us = (stage: StageName) => microsToRead(cells, stage);
  const ms = (stage: StageName) => units(rates[stage].each);
  return `${settingsOf(results)}

Seconds of each stage for a tick in one epoch †, of the worker that has most to do; of user-behavior that is a part of a fold, in
an epoch that has one. From CPU time here (${ms("reduce")} ms a counter, ${ms("user-behavior")} ms a profile, ${ms("consume")} ms a consumed play, and where there are several
workers, for each play that one reads, whoever has to count it, ${us("reduce")} us, or to fold it, ${us("user-behavior")} us, the more the smaller the segments) and ${requestSeconds * 1000} ms for each request that waits for the one before.
A row keeps up where its epochs end within the tick in the mean, those with a fold and those without, and every stage within ${stageTimeoutSeconds} s.
While profiles are folded, charts come as much later as such an epoch takes longer than a tick.

${table(
  ["plays/s", "tick", "plays", "workers", ...workflowStages, "an epoch, mean", "one with a fold", "keeps up"],
  cells.map((cell) => timeRow(cell, rates)),
  2,
)}

How profiles are folded, as the planner decides it when every tick has as many plays. A fold begins when its ${deployedDefaults.profileTickSeconds / 60} minutes are over, or before
where it would have 64 parts; each part is one worker's, and reads the segments of the whole fold.

${table(
  [
    "plays/s",
    "tick",
    "a fold every, s",
    "parts",
    "workers in epochs",
    "profiles of a part",
    "write units per play for profiles",
  ],
  cells.map(foldRow),
  2,
)}

${wholeFoldsOf(results)}`;
}

/** From the least to the most of all rows that have several workers. */
function microsToRead(cells: readonly CellMeasure[], stage: StageName): string {
  const found = cells.flatMap(({ readMs }) => readMs[stage] ?? []).map((each) => each * 1000);
  if (found.length === 0) return "–";
  const [least, most] = [Math.min(...found), Math.max(...found)].map(units);
  return least === most ? `${least}` : `${least} - ${most}`;
}

/** What is deployed, and what has to be set. */
function settingsOf({ cells }: Results): string {
  const { playsPerWorker, maxWorkers, maxWorkerPlays, maxEpochPlays } = deployedDefaults;
  const set = cells
    .filter(({ options: { workers } }) => workers.maxWorkers !== maxWorkers)
    .map((cell) => {
      const { workers } = cell.options;
      return `With ${nameOf(cell).join(" plays/s and ")} profiles never catch up with these: an epoch has more parts than it may fold. So this row has
\`maxWorkers\` ${workers.maxWorkers} and \`maxWorkerPlays\` ${whole(workers.maxWorkerPlays)}, which an operator has to set, and an account that runs ${workers.maxWorkers} functions more at once.`;
    });
  return `The workflow runs with the settings that are deployed by default: an epoch has a worker for each ${whole(playsPerWorker)} plays (\`playsPerWorker\`), at most
${maxWorkers} (\`maxWorkers\`); a part of a fold has at most ${whole(maxWorkerPlays)} plays (\`maxWorkerPlays\`), and an epoch folds up to ${maxWorkers} of them; an epoch has at
most ${whole(maxEpochPlays)} plays (\`maxEpochPlays\`). ${set.length === 0 ? "No row needs others." : set.join(" ")}`;
}

function timeRow(cell: CellMeasure, rates: CpuRates): readonly string[] {
  return [
    ...nameOf(cell),
    whole(cell.plays),
    workersOf(cell),
    ...workflowStages.map((stage) => units(longestSeconds(cell, stage, rates))),
    units(epochSeconds(cell, rates)),
    units(foldingEpochSeconds(cell, rates)),
    keepsUp(cell, rates) ? "yes" : "no",
  ];
}

function foldRow(cell: CellMeasure): readonly string[] {
  const { folds, options, stages: measured, plays } = cell;
  const { workers, epochs } = folds;
  return [
    ...nameOf(cell),
    whole(folds.plays / options.rate),
    String(folds.parts),
    `${workers.join(", ")} of ${whole(epochs)}`,
    whole(measured["user-behavior"].longest.things),
    units(measured["user-behavior"].usage.profiles.writeUnits / plays),
  ];
}

/** What the last row would take with folds of their whole tick: modelled, since no worker gets through its part. */
function wholeFoldsOf({ cells, rates }: Results): string {
  const row = cells.at(-1);
  const folds = row && foldCycleOf(row.options, foldsOfATick);
  if (row === undefined || folds === undefined) return "";
  const { options, stages: measured } = row;
  const sharesOf = (cycle: FoldCycle) => profileShareOf(cycle, options, options.seed).profiles;
  const fewer = sharesOf(folds) / sharesOf(row.folds);
  const profiles = writesPerPlay(row, ["profiles"]);
  const things = (row.keys.profiles.count * fewer * folds.epochs) / folds.parts;
  const longest = { things, playsRead: folds.plays, rounds: measured["user-behavior"].longest.rounds };
  const stage = { ...measured["user-behavior"], longest };
  const folded = { ...row, stages: { ...measured, "user-behavior": stage } };
  const { maxWorkers, maxWorkerPlays } = foldsOfATick;
  return `Folds that wait for their ${options.profileTickSeconds / 60} minutes write fewer profiles: by the number of listeners the last row, with \`maxWorkerPlays\` ${whole(maxWorkerPlays)}
and \`maxWorkers\` ${maxWorkers}, would have ${folds.parts} parts and take ${units(perPlayOf(row).writeUnits - profiles * (1 - fewer))} write units a play instead of ${units(perPlayOf(row).writeUnits)}. It does not run: such a part takes a
worker ${units(longestSeconds(folded, "user-behavior", rates))} s †, and has ${deployedDefaults.stageTimeoutSeconds}.`;
}
