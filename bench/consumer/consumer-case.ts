import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createSimulator } from "#simulator/simulator.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { measureNode } from "#test/support/measured-process.ts";
import type { BenchCase } from "../harness/bench-case.ts";
import { largestShares, profileInto, readProfiles, sharesOf } from "../harness/cpu-profile.ts";
import { runInterleaved } from "../harness/interleaved.ts";
import { type ResultTable, threeDigits } from "../harness/result-table.ts";
import { median, spread } from "../harness/statistics.ts";
import type { ConsumeSample } from "./consume.ts";

const script = join(import.meta.dirname, "consume.ts");
const kinds = [
  ["gzip", "gzip records of 80 plays"],
  ["columnar", "columnar records of 80 plays"],
  ["large-columnar", "columnar records of 1,000 plays"],
  ["json", "6,500 records of one play"],
  ["parse", "JSON.parse alone, the same text"],
] as const;
type Kind = (typeof kinds)[number][0];

/** Some 60 MB of text. */
const distinctPlays = 130_000;
const songs = 100_000;
const listeners = 100_000;
const shownShares = 12;
/** As in consume.ts. */
const playsOfShard = 8000;

/** Plays of one evening, as JSON, one a line. */
function writeLines(file: string): void {
  const simulator = createSimulator({ seed: 1, users: listeners, songs, listening: 20_000 });
  const start = Date.parse("2026-11-20T20:30:00Z");
  const lines = Array.from({ length: distinctPlays }, (_, i) =>
    encodePlay(simulator.next(Math.floor(start + i / 8) as EpochMs)),
  );
  writeFileSync(file, `${lines.join("\n")}\n`);
}

async function consume(kind: Kind, lines: string, options: readonly string[] = []): Promise<ConsumeSample> {
  return JSON.parse((await measureNode([...options, script, kind, lines])).stdout);
}

const rateOf = ({ plays, cpuSeconds }: ConsumeSample): number => plays / cpuSeconds;

function tableOf(samples: ReadonlyMap<string, readonly ConsumeSample[]>): ResultTable {
  const floor = median((samples.get("parse") ?? []).map(rateOf));
  return {
    title: "A full batch of one shard: decode, dedupe, pre-aggregate, encode",
    columns: [
      { name: "records", kind: "text" },
      { name: "plays a batch", kind: "whole" },
      { name: "plays per second and core", kind: "whole" },
      { name: "±", kind: "percent" },
      { name: "us a play", kind: "digits" },
      { name: "beside JSON.parse", kind: "digits" },
      { name: "segment bytes a play", kind: "digits" },
    ],
    rows: kinds.map(([kind, label]) => {
      const all = samples.get(kind) ?? [];
      const rate = median(all.map(rateOf));
      const [{ plays, batches, segmentBytes }] = all as [ConsumeSample];
      return [
        ...[label, plays / batches, rate, spread(all.map(rateOf)), 1e6 / rate, rate / floor],
        kind === "parse" ? null : segmentBytes / plays,
      ];
    }),
  };
}

export const consumerCase: BenchCase = {
  name: "consumer",
  about: "the consumer over full batches, beside JSON.parse alone",
  async run({ dir, isQuick, say }) {
    const lines = join(dir, "plays.ndjson");
    writeLines(lines);
    const samples = await runInterleaved(
      kinds.map(([name]) => ({ name, run: () => consume(name, lines) })),
      { warmUp: 0, measured: isQuick ? 1 : 5 },
      (name, sample) => say(`${name}: ${Math.round(rateOf(sample))} plays per CPU-second`),
    );
    const profiled = join(dir, "profile-consumer");
    await consume("gzip", lines, profileInto(profiled));
    const rateOfKind = (kind: Kind): number => median((samples.get(kind) ?? []).map(rateOf));
    say(
      `${threeDigits(rateOfKind("gzip") / rateOfKind("json"))} times as many plays from gzip as from single records`,
    );
    const shares = sharesOf(readProfiles(profiled), shownShares, "bench/consumer/batches.ts");
    return {
      tables: [tableOf(samples)],
      ratios: { "consume-gzip": rateOfKind("gzip") },
      curves: [],
      bars: [
        {
          id: "consumer-rate",
          title: "A full batch of one shard",
          unit: "plays per second and core",
          bars: kinds.map(([kind, name]) => ({
            ...{ name, value: rateOfKind(kind) },
            isOurs: kind !== "parse",
          })),
        },
      ],
      profiles: [{ of: "the consumer, gzip records", shares }],
      bounds: [
        `CPU time of the consumer with gzip records: ${largestShares(shares, 5)}. JSON.parse alone takes ${threeDigits(1e6 / rateOfKind("parse"))} us a play of the same text, the whole consumer ${threeDigits(1e6 / rateOfKind("gzip"))} us.`,
        `A shard takes 1 MB/s, which are some ${playsOfShard.toLocaleString("en-US")} plays/s in gzip records: ${threeDigits((100 * playsOfShard) / rateOfKind("gzip"))} % of a core.`,
      ],
    };
  },
};
