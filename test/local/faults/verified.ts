import { liveSnapshot } from "#functions/verify/live-snapshot.ts";
import { verify } from "#functions/verify/verification.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import type { ArchiveSource } from "#src/domain/archive.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { PipelineStores } from "#test/support/pipeline.ts";

/**
 * What `earworm verify` finds in the stores, over the archive; empty where all is right.
 *
 * @param againCounted plays that count although a play of their id did: the one drift there has to be
 */
export async function verified(
  stores: PipelineStores,
  archive: ArchiveSource,
  horizonMs: number,
  againCounted: number,
): Promise<readonly string[]> {
  const snapshot = await liveSnapshot(stores);
  if (snapshot === undefined) return ["verify: an epoch is open"];
  const deps = { archive, snapshot, clock: () => 0 as EpochMs, ...nodeRecordCodec };
  const { kinds, differences } = await verify(deps, { horizonMs });
  const wrong = kinds.filter(({ kind, drift }) => drift !== (kind === "beyond-horizon" ? againCounted : 0));
  return wrong.length === 0 ? [] : [`verify: ${JSON.stringify(wrong)}`, ...differences];
}
