import type { EpochMs } from "#src/domain/play.ts";
import { mostParts } from "#src/domain/profile-fold.ts";
import { deployedDefaults } from "./deployed-defaults.ts";
import { World } from "./world.ts";

/** Enough plays to tell how many listeners there are for a play: it does not depend on the rate, only on the time. */
const countedRate = 100;

/** What profiles with a tick of their own cost an epoch, beside an epoch that folds its own plays. */
export interface ProfileShare {
  /** Listeners whose profile is written, of those who played in the epoch. */
  readonly profiles: number;
  /** What a fold brings to a listener. */
  readonly playsOfListener: number;
  /** How often segments are read for profiles, beside once. */
  readonly readings: number;
  /** How often the chart of listeners is written, beside once an epoch. */
  readonly charts: number;
}

/** Every epoch folds its own plays. */
export const everyEpoch: ProfileShare = { profiles: 1, playsOfListener: 0, readings: 1, charts: 1 };

/**
 * Counted from the simulator: how many distinct listeners played in a profile tick, and in an epoch. A fold of more plays than
 * an epoch may hold goes in parts, each of which reads all segments and writes the chart.
 */
export function profileShareOf(
  rate: number,
  tickSeconds: number,
  profileTickSeconds: number,
  seed: number,
): ProfileShare {
  if (profileTickSeconds <= tickSeconds) return everyEpoch;
  const mostPlays = Math.max(deployedDefaults.maxWorkerPlays, rate * tickSeconds);
  const foldSeconds = Math.min(profileTickSeconds, (mostParts * mostPlays) / rate);
  const parts = Math.ceil((rate * foldSeconds) / mostPlays);
  const folded = listenersPerPlay(foldSeconds, seed);
  return {
    profiles: folded / listenersPerPlay(tickSeconds, seed),
    playsOfListener: 1 / folded,
    readings: parts,
    charts: (parts * tickSeconds) / foldSeconds,
  };
}

const counted = new Map<string, number>();

function listenersPerPlay(seconds: number, seed: number): number {
  const key = `${seconds} ${seed}`;
  const known = counted.get(key);
  if (known !== undefined) return known;
  const simulator = new World(countedRate, seed).createSimulator();
  const start = Date.parse("2026-11-20T20:30:00Z");
  const plays = Math.round(countedRate * seconds);
  const listeners = new Set<string>();
  for (let i = 0; i < plays; i++)
    listeners.add(simulator.next(Math.floor(start + (i * 1000) / countedRate) as EpochMs).userId);
  counted.set(key, listeners.size / plays);
  return listeners.size / plays;
}
