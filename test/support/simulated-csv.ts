import { join } from "node:path";
import { type Measured, measureNode } from "./measured-process.ts";

export const earwormScript = join(import.meta.dirname, "../../bin/earworm.mjs");

export interface SimulatedLoad {
  readonly plays: number;
  /** Listeners and songs to choose from. */
  readonly users: number;
  readonly songs: number;
  /** The same seed makes the same plays. */
  readonly seed: number;
}

/** 4,000 plays/s: several of them start in the same ms, so that ties are decided by the last criterion too. */
export const simulatedRate = 4000;

/** Writes invented plays as CSV: the same load gives the same file. */
export function simulateCsv(file: string, load: SimulatedLoad): Promise<Measured> {
  const { plays, users, songs, seed } = load;
  const options = Object.entries({ plays, users, songs, seed }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ]);
  const paced = ["--rate", String(simulatedRate), "--from", "2025-11-05T00:00Z", "--out", file];
  return measureNode([earwormScript, "simulate", ...options, ...paced]);
}
