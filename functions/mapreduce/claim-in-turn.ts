import type { EpochNumber } from "#src/domain/epoch.ts";
import { StaleEpochError } from "#src/domain/errors.ts";
import type { EventId } from "#src/domain/play.ts";
import { ownerOf, type WorkShare } from "#src/domain/work-share.ts";
import type { ClaimStore } from "#src/ports/claim-store.ts";

/**
 * Claims ids for an epoch beside its other workers: each has to know of all ids, and waits for nobody. Each begins with ids
 * of its own; what comes later it reads first, as others claim it at the same time: a read costs a fifth of a write. Doing
 * it again changes nothing.
 *
 * @returns those of the ids that are this epoch's
 * @throws StaleEpochError where a later epoch has one
 */
export async function claimInTurn(
  claims: ClaimStore,
  epoch: EpochNumber,
  ids: readonly EventId[],
  { worker, workers }: WorkShare,
): Promise<ReadonlySet<EventId>> {
  if (workers === 1) return await claims.claim(epoch, ids);
  const groups = Map.groupBy(ids, (id) => ownerOf(id, workers));
  const first = await claims.claim(epoch, groups.get(worker) ?? []);
  const others = Array.from({ length: workers - 1 }, (_, n) => groups.get((worker + n + 1) % workers) ?? []);
  const found: ReadonlySet<EventId>[] = [first];
  for (const group of others) found.push(await claimWhatIsFree(claims, epoch, group));
  return new Set(found.flatMap((own) => [...own]));
}

async function claimWhatIsFree(
  claims: ClaimStore,
  epoch: EpochNumber,
  ids: readonly EventId[],
): Promise<ReadonlySet<EventId>> {
  const owners = await claims.read(ids);
  for (const [id, owner] of owners)
    if (owner > epoch) throw new StaleEpochError(`the claim of event ${id}`, epoch, owner);
  const free = ids.filter((id) => !owners.has(id));
  const claimed = await claims.claim(epoch, free);
  return new Set(ids.filter((id) => claimed.has(id) || owners.get(id) === epoch));
}
