import { archiveBillOf, archiveCpuSeconds, putSeconds, totalArchiveDollars } from "./archive.ts";
import { billOf, metricCount, naiveBillOf, parts, totalDollars } from "./bill.ts";
import { nameOf, perPlayOf, sizesOf, workersOf, writesPerPlay } from "./cell-figures.ts";
import { deployedDefaults } from "./deployed-defaults.ts";
import {
  onDemandDollars,
  onDemandShardsOf,
  provisionedDollars,
  provisionedShards,
  type RecordLoad,
} from "./kinesis.ts";
import { dollars, percent, table, units, whole } from "./markdown.ts";
import { type CellMeasure, cellUsage } from "./measure.ts";
import { type Kind, totalUnits } from "./meter.ts";
import type { NaiveMeasure } from "./naive-consumer.ts";
import { gb, type Price, prices } from "./prices.ts";
import type { Results } from "./results.ts";
import { keepsUp, requestSeconds } from "./stage-time.ts";
import {
  comparedDays,
  getSeconds,
  recountCpuSeconds,
  tableBytes,
  totalVerifyDollars,
  verifiedDays,
  verifyMetrics,
  verifyRunOf,
  workSeconds,
} from "./verify.ts";
import { viewersSection } from "./viewers.ts";
import { workersSection } from "./workers-section.ts";
import { listenersPerRate, songCount } from "./world.ts";

const spentOn: readonly (readonly [label: string, kinds: readonly Kind[]])[] = [
  ["segments and heads", ["segments"]],
  ["songs", ["songs"]],
  ["artists", ["artists"]],
  ["genres, platforms, moods, countries, sum", ["dimensions"]],
  ["profiles", ["profiles"]],
  ["charts, feeds and their deltas", ["lists"]],
  ["epoch records, lease, other", ["epochs", "connections", "other"]],
];
const itemKinds: readonly (readonly [string, Kind, keyof CellMeasure["keys"]])[] = [
  ["song", "songs", "songs"],
  ["artist", "artists", "artists"],
  ["genre, platform, mood, country", "dimensions", "dimensions"],
  ["profile", "profiles", "profiles"],
];

/** The whole of docs/cost.md. */
export function renderReport(results: Results): string {
  return `${[
    intro(results),
    "## A million plays",
    billTable(results),
    billNotes(results),
    "## Where the write units go",
    unitsTable(results.cells),
    moves(results),
    "## The consumer to compare with",
    naiveSection(results),
    "## Whether it keeps up",
    workersSection(results),
    "## Archive and verification",
    archiveSection(results),
    "## Viewers",
    viewersSection(results.sendCpuSeconds),
    "## Kinesis",
    kinesisSection(results),
    "## How it was counted",
    method(results),
    "## Assumptions",
    assumptions(results),
    "## Prices",
    priceTable(),
  ].join("\n\n")}\n`;
}

/** What the command prints. */
export const billTable = ({ cells, rates, naiveTotals }: Results): string =>
  table(
    [
      "plays/s",
      "tick",
      "workers",
      "write units per play",
      "read units per play",
      ...parts.map((part) => (part === "Lambda" ? `${part} †` : part)),
      "**total**",
      "naive total",
      "total / naive",
      "write units / naive",
      "keeps up †",
    ],
    cells.map((cell) => {
      const bill = billOf(cell, rates);
      const naive = totalDollars(naiveBillOf(cell, naiveTotals));
      const perPlay = perPlayOf(cell);
      return [
        ...nameOf(cell),
        workersOf(cell),
        units(perPlay.writeUnits),
        units(perPlay.readUnits),
        ...parts.map((part) => dollars(bill[part])),
        `**${dollars(totalDollars(bill))}**`,
        dollars(naive),
        units(totalDollars(bill) / naive),
        units(perPlay.writeUnits / (totalUnits(naiveTotals.usage).writeUnits / naiveTotals.plays)),
        keepsUp(cell, rates) ? "yes" : "by count only",
      ];
    }),
    2,
  );

const intro = ({ date }: Results): string => `# What a million plays cost

\`npm run cost\` wrote this page on ${date}: it runs the handlers over the DynamoDB adapters against DynamoDB Local, adds up
the capacity units that every request reports, and multiplies by the prices below. Do not edit it. It needs Java 17.

Everything is counted from one seeded load and comes out the same in every run, but for what is marked †: that follows from
CPU time on the machine that ran it.`;

const billNotes = ({ cells, rates, naiveTotals }: Results): string => {
  const late = cells.filter((cell) => !keepsUp(cell, rates));
  const cheaper = cells.filter(
    (cell) => totalDollars(billOf(cell, rates)) < totalDollars(naiveBillOf(cell, naiveTotals)),
  );
  return `Rows that cost less than the naive consumer, which does less (see there): ${cheaper.length} of ${cells.length}.

Dollars for a million plays, us-east-1. "Naive" is one UpdateItem per play and counter (below). "Workers": how many an epoch has for
counters, and for profiles while they are folded ([ADR 24](adr/0024-several-workers-an-epoch.md)); what each of them reads, leaves and logs, its time, and the steps after
them are in here. They are as deployed by default but for what [the section about them](#whether-it-keeps-up) says. "By count only": the units are
counted, but these workers do not get through such a tick in time (${late.length} of the ${cells.length} rows).

Not in here: viewers ([below](#viewers)), the HTTP API, the page's hosting, claims of marked plays ([ADR 9](adr/0009-marked-plays-claim-their-ids.md)), alarms and dashboards, data transfer, KMS, cold starts, retries, free tiers.`;
};

const unitsTable = (cells: readonly CellMeasure[]): string =>
  table(
    ["write units per play", ...cells.map((cell) => nameOf(cell).join("/s, "))],
    [
      ...spentOn.map(([label, kinds]) => [label, ...cells.map((cell) => units(writesPerPlay(cell, kinds)))]),
      ["**all**", ...cells.map((cell) => `**${units(perPlayOf(cell).writeUnits)}**`)],
    ],
  );

function moves(results: Results): string {
  const { ages, manyShards, oneShard, cells } = results;
  const [smallest] = cells;
  const largest = cells.at(-1);
  if (smallest === undefined || largest === undefined) return "";
  const segments = (cell: CellMeasure) => units(writesPerPlay(cell, ["segments"]));
  const listShare = writesPerPlay(smallest, ["lists"]) / perPlayOf(smallest).writeUnits;
  const profileShare = writesPerPlay(largest, ["profiles"]) / perPlayOf(largest).writeUnits;
  const { options } = ages[0] ?? largest;
  return `What moves it:

- **The size of items.** A write costs a unit for every KB of the larger of the item before and after. A counter holds a total
  for every hour of the last four days in which it was played, in 1 KB at most but for what is played most
  ([ADR 22](adr/0022-counters-in-one-small-write.md)); a profile holds what its listener heard. Units for one write at ${whole(options.rate)} plays/s and a tick of ${options.tickSeconds} s, by how long
  the service has run (the table above: ${largest.options.ageDays} days):

${agesTable(ages)}

- **The tick.** A song, an artist or a listener is written once a tick, however often it was played; a longer tick helps as far as
  they repeat within it. Listeners hardly do: a play takes minutes, so profiles have a tick of their own, ${deployedDefaults.profileTickSeconds / 60} minutes
  ([ADR 23](adr/0023-profile-tick.md)). With ${whole(largest.options.rate)} plays/s and ${largest.options.tickSeconds} s profiles are
  ${percent(profileShare)} of the write units.
- **Size.** Charts, records of epochs and segments cost by the tick or the second, not by the play: at ${whole(smallest.options.rate)} plays/s and
  ${smallest.options.tickSeconds} s the charts alone are ${percent(listShare)} of the write units.
- **Shards.** Each shard makes a segment a second, of which every one costs two transacted writes: at ${whole(manyShards.options.rate)} plays/s
  ${segments(manyShards)} units per play with ${manyShards.options.shards} shards and ${segments(oneShard)} with one.`;
}

function agesTable(ages: readonly CellMeasure[]): string {
  return table(
    ["days", ...itemKinds.map(([label]) => label), "reading a profile", "all write units per play"],
    ages.map((cell) => {
      const usage = cellUsage(cell);
      const profiles = cell.keys.profiles.count;
      return [
        String(cell.options.ageDays),
        ...itemKinds.map(([, kind, key]) => units(writeUnitsEach(cell, kind, key))),
        units(usage.profiles.readUnits / profiles),
        units(perPlayOf(cell).writeUnits),
      ];
    }),
  );
}

const writeUnitsEach = (cell: CellMeasure, kind: Kind, key: keyof CellMeasure["keys"]): number =>
  cellUsage(cell)[kind].writeUnits / cell.keys[key].count;

function naiveSection(results: Results): string {
  const { naiveTotals, naiveWindows, cells } = results;
  const perPlay = (naive: NaiveMeasure) => totalUnits(naive.usage).writeUnits / naive.plays;
  const rows = [naiveTotals, naiveWindows].map((naive, i) => [
    i === 0 ? "totals" : "totals, and songs and artists by hour, day and week",
    units(perPlay(naive)),
    ...sizesOf(cells).map((cell) => dollars(totalDollars(naiveBillOf(cell, naive)))),
  ]);
  const head = sizesOf(cells).map(({ options }) => `$ at ${whole(options.rate)} plays/s`);
  return `\`bench/cost/naive-consumer.ts\`: for every play one UpdateItem that adds to each counter: the song, the artist, the genre, the
platform, the mood, the country, the city, the listener, and the listener's artist. ${whole(naiveTotals.plays)} plays were metered. It keeps
no charts (somebody has to scan or to sort for them), no profiles, no feed, no archive and no duplicates out, and it counts twice when
Kinesis repeats a batch. What it writes is small, so its units are one a write; the second row counts windows too, each in an
item of its own. The tick makes no difference to it. A play takes it ${units(naiveTotals.cpuMs / naiveTotals.plays)} ms of CPU time †; one container a
shard has to get through its shard's share of the plays.

${table(["counts", "write units per play", ...head], rows)}`;
}

function kinesisSection({ cells, playsPerBlock, blockBytes }: Results): string {
  const rows = sizesOf(cells).flatMap((cell) => {
    const { rate } = cell.options;
    const single: RecordLoad = { rate, playsPerRecord: 1, recordBytes: cell.playBytes };
    const blocks: RecordLoad = { rate, playsPerRecord: playsPerBlock, recordBytes: blockBytes };
    return [single, blocks].map((load) => [
      whole(rate),
      load === single ? "one play" : `gzip block of ${playsPerBlock}`,
      whole(load.recordBytes),
      whole(provisionedShards(load)),
      dollars(provisionedDollars(load)),
      whole(onDemandShardsOf(load)),
      dollars(onDemandDollars(load)),
    ]);
  });
  const head = ["plays/s", "record", "bytes", "shards", "provisioned, $", "shards", "on-demand, $"];
  return `Dollars for a million plays with ${deployedDefaults.streamRetentionDays} days of retention. The table at the top has single records and on-demand, as \`lib/settings.ts\`
deploys. A producer sends a block when enough plays of one of 256 buckets have come together, which takes a small one long.

${table(head, rows, 2)}`;
}

function archiveSection({ cells }: Results): string {
  const sizes = sizesOf(cells);
  const [first] = sizes;
  if (first === undefined) return "";
  const archived = sizes.map((cell) => {
    const { plays, bytes } = cell.archive;
    const { reading, puts, storage, lambda, watching } = archiveBillOf(cell);
    const amounts = [reading, puts, storage, lambda, watching].map(dollars);
    const total = dollars(totalArchiveDollars(archiveBillOf(cell)));
    return [whole(cell.options.rate), whole(plays), whole(bytes / plays), ...amounts, `**${total}**`];
  });
  const head = [
    "plays/s",
    "plays an object",
    "bytes a play",
    "second reader",
    "PUT",
    "S3, a month",
    "Lambda",
  ];
  const verified = sizes.flatMap((cell) => [verifiedDays, undefined].map((days) => verifyRow(cell, days)));
  const { rate, shards, ageDays } = first.options;
  const secondsADay = verifyRunOf(first, undefined).seconds / ageDays;
  const mostObjects = (shards * 86_400) / deployedDefaults.archiveSeconds;
  return `Dollars for a million plays, each a record; [ADR 10](adr/0010-own-archiver.md) compares with Firehose. A batch goes out after
${deployedDefaults.archiveSeconds} s, or with the 5,200 plays that 6 MB of event hold, and is one PUT. The archive is kept for good unless \`archiveDays\` says
otherwise: the month of storage comes again every month.

${table([...head, "logs, metric, traces", "**archive**"], archived)}

The function \`verify\` runs every ${deployedDefaults.verifyHours} h, reads all counters and profiles, and recounts the archive: of all ${ageDays} days, as
\`verifyDays\` 0 has it, or with \`verifyDays\` 1 the ${units(comparedDays(verifiedDays))} days that it takes to compare one. The table at the top has the latter,
whether it fits or not. A run has ${workSeconds / 60} of its 15 minutes for this; one that does not fit fails and tells so
([Verification](operations.md#verification)). \`verifyDays\` 0 fits for the first ${units(workSeconds / secondsADay)} days of ${whole(rate)} plays/s, and hardly longer
with fewer plays: ${shards} shards make up to ${whole(mostObjects)} objects a day, however small they are.

${table(["plays/s", "verifyDays", "plays recounted", "objects", "minutes", "fits", "Lambda", "GET", "two scans", "logs, metrics, traces", "**verify**"], verified)}`;
}

function verifyRow(cell: CellMeasure, days: number | undefined): readonly string[] {
  const run = verifyRunOf(cell, days);
  const { lambda, gets, scans, watching } = run.dollars;
  return [
    whole(cell.options.rate),
    String(days ?? 0),
    whole(run.plays),
    whole(run.objects),
    units(run.seconds / 60),
    run.fits ? "yes" : "no",
    ...[lambda, gets, scans, watching].map(dollars),
    `**${dollars(totalVerifyDollars(run))}**`,
  ];
}

function method({ cells, full, sampled }: Results): string {
  const [first] = cells;
  if (first === undefined) return "";
  const { sampleSize } = cells.at(-1)?.options ?? first.options;
  const rows = [...spentOn, ["all", spentOn.flatMap(([, kinds]) => kinds)] as const].map(([label, kinds]) => {
    const [a, b] = [writesPerPlay(full, kinds), writesPerPlay(sampled, kinds)];
    return [label, units(a), units(b), a === 0 ? "0 %" : percent(Math.abs(b - a) / a)];
  });
  return `Each row is one tick of a warm service: the consumer's invocations, shard by shard and second by second, then the workflow's
functions, each worker and the steps after them, all with the code that is deployed. A middleware of the SDK's client adds \`ReturnConsumedCapacity\` and sums up
what comes back; DynamoDB Local reports transactions double and rounds as the service does. It does not report statements of
\`BatchExecuteStatement\`, which the service bills like the writes that they are: what each wrote is put into another table, over what
was there before, and what that reports is counted. A refused write reports nothing and
counts as what the write would have cost; a query that finds nothing, or a key of a batch, counts as the least a read costs.

Warm: the tables hold what ${first.options.ageDays} days at the row's rate leave behind. Every metered counter has its windows, hour by hour, as a Poisson
process at that song's or artist's share of all plays would fill them; every metered profile has the plays that the simulator's
listener would have made; charts have their 500 entries. Where a tick has more than ${sampleSize} songs, artists or listeners, that many of each
are metered, evenly spread from the most to the least popular, and scaled by the number of distinct keys that the handlers wrote:
all workers' together, whoever owns them.
The same tick (${nameOf(full).join(" plays/s, ")}, here with ${full.workers} workers) with every key metered and with ${sampleSize} of each (${sampled.keys.songs.count}, ${sampled.keys.artists.count} and ${whole(sampled.keys.profiles.count)} there were):

${table(["write units per play", "all metered", "sampled", "differs by"], rows)}`;
}

function assumptions({ cells }: Results): string {
  const shards = sizesOf(cells).map(({ options }) => `${options.shards} (${whole(options.rate)} plays/s)`);
  const bytes = cells[0]?.playBytes ?? 0;
  const scanned = sizesOf(cells)
    .map((cell) => `${units(tableBytes(cell) / gb)} GB (${whole(cell.options.rate)} plays/s)`)
    .join(", ");
  const metrics = [...new Set(cells.map(metricCount))].join(" or ");
  return `- Load: the simulator with seed ${cells[0]?.options.seed}: ${whole(songCount)} songs by Zipf's law (exponent 1.0) and favourites, ${whole(listenersPerRate)} listeners for each play a
  second (21.6 plays a listener and day), 200 s a play, a play of ${whole(bytes)} bytes as JSON. Steady: no peaks and no silence.
- Every tick is like the one that was measured, and makes one epoch with all of its plays.
- Profiles are modelled in one respect: measured is a fold of the tick's plays alone, by as many workers as the row's folds have at once,
  and an epoch that folds nothing. The planner's own code says how folds follow each other, and a tick has its share of them: as many profiles
  as the simulator has distinct listeners in the time of a fold, each with what its listener plays in it, the segments of the whole fold
  read once for each part, and by the number of parts and of epochs all else that workers and the step after them do. What they leave for the
  chart of listeners is as long as the tick's plays make it.
${scaledWorkers(cells)}- What a worker leaves for the charts replaces what it left in the epoch before, here nothing: as if that had been no longer.
- Shards: ${shards.join(", ")}; plays arrive in single records. Each shard's container stays and is invoked once a second in which its shard got plays.
- Lambda †: CPU time here counts as CPU time there (arm64; ${deployedDefaults.heavyMemoryMb} MB is one vCPU, ${deployedDefaults.lightMemoryMb} MB its share), and each request to DynamoDB that
  waits for others takes ${requestSeconds * 1000} ms; starting a run takes 20 ms. No cold starts.
- Step Functions: one run a tick and one a minute in vain, and one run of 64 MB is under way all the time.
- Of the totals that commit reads, two have no item, as long as no play was repeated and nobody forgotten.
- The trigger reads the segments' stream, which is not billed to a Lambda function (from knowledge).
- Archive: ${micros(archiveCpuSeconds)} us of a whole vCPU a play (measured once, ADR 10) and ${putSeconds * 1000} ms a PUT, on ${deployedDefaults.lightMemoryMb} MB. Each size has an object made
  by the archiver's own code. Verification: ${micros(recountCpuSeconds)} us a play (measured once) on one vCPU of a function with ${whole(deployedDefaults.verifyMemoryMb)} MB, and ${getSeconds * 1000} ms
  a GET, one after the other. The scans are of counters and profiles of ${scanned}.
- ${metrics} custom metrics (the step after several workers has one), and ${cells[0]?.archive.metrics.length ?? 0} of the archiver and ${verifyMetrics} of verify; logs are counted from what the handlers log and the metrics they publish, with the platform's lines from
  knowledge; X-Ray takes the first request of each second and 5 % of the others (from knowledge).
- Storage: segments for ${deployedDefaults.segmentRetentionDays} days, and a month of the profiles of the listeners, with point-in-time recovery.`;
}

/** Of rows of which not all workers were run. */
function scaledWorkers(cells: readonly CellMeasure[]): string {
  const scaled = cells.filter(
    ({ options: { mostRun = Number.POSITIVE_INFINITY }, workers }) => workers > mostRun,
  );
  const names = scaled.map((cell) => nameOf(cell).join(" plays/s, ")).join("; ");
  const most = scaled.map(({ options }) => options.mostRun);
  return scaled.length === 0
    ? ""
    : `- ${names}: modelled in one respect more. The epoch was run with ${most} workers; of the others each reads as much, leaves as much for the charts
  (at most: there is less for each) and is invoked, and what there is to write is the same.
`;
}

const micros = (seconds: number): string => whole(seconds * 1_000_000);

function priceTable(): string {
  const rows = Object.values<Price>(prices).map(({ dollars: amount, per, source, page }) => [
    per,
    `$${amount}`,
    page === "" ? source : `${source}: ${page}`,
  ]);
  return table(["for a", "price", "source"], rows, 3);
}
