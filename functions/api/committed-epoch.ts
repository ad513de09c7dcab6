import type { EpochRecord } from "#src/domain/epoch.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";

/** The newest epoch whose charts are all published; undefined before the first. */
export async function latestCommitted(epochs: EpochLog): Promise<EpochRecord | undefined> {
  const latest = await epochs.latest();
  if (latest === undefined || latest.status === "committed") return latest;
  return epochs.read((latest.epoch - 1) as typeof latest.epoch);
}
