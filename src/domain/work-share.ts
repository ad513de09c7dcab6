import { hash64 } from "./hash64.ts";

/** The part of an epoch's work that one of its workers does. */
export interface WorkShare {
  /** Which worker, from 0. */
  readonly worker: number;
  readonly workers: number;
}

/** All of it: an epoch with one worker. */
export const wholeWork: WorkShare = { worker: 0, workers: 1 };

/** Whether a key is this worker's: by the key's own hash, so that two never write the same item (I5). */
export const owns = ({ worker, workers }: WorkShare, key: string): boolean =>
  workers === 1 || ownerOf(key, workers) === worker;

/** The worker to whom a key belongs. */
export const ownerOf = (key: string, workers: number): number => hash64(key, hash).lo % workers;

const hash = { hi: 0, lo: 0 };

/**
 * How many workers an epoch gets: one for each `playsPerWorker`, at least one.
 *
 * @param plays of the epoch
 */
export function workersFor(
  plays: number,
  { playsPerWorker, maxWorkers }: { readonly playsPerWorker: number; readonly maxWorkers: number },
): number {
  return Math.max(1, Math.min(maxWorkers, Math.ceil(plays / playsPerWorker)));
}
