import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs, UserId } from "#src/domain/play.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import { openBucketArchive } from "../bucket-archive.ts";
import { CliError } from "../cli-error.ts";
import { openStageStores } from "../stage-stores.ts";
import { onStage } from "../target.ts";
import { type Forgotten, forgetListener } from "./forget-listener.ts";

const commitPauseMs = 1_000;
/** The archive is a minute behind, and a run of the workflow starts within a minute; ms. */
const patienceMs = 300_000;

/** Forgets a listener in a deployment, which goes on meanwhile. @throws CliError that says in one line what is wrong */
export async function forgetOnStage(stage: string, userId: UserId): Promise<Forgotten | undefined> {
  return await onStage(
    stage,
    async (client, { countersTable, archiveBucket, dedupeHorizonMs: horizonMs }) => {
      const stores = openStageStores(client, countersTable);
      return await forgetListener(
        {
          stores,
          archive: await openBucketArchive(archiveBucket),
          horizonMs,
          clock: () => Date.now() as EpochMs,
          owner: `forget-${randomUUID()}`,
          applied: (epoch) => committed(stores.epochs, epoch),
          pause: patience(),
          alone: (work) => work(), // the archiver never writes to an object that is there
        },
        userId,
      );
    },
  );
}

async function committed(epochs: EpochLog, epoch: EpochNumber): Promise<void> {
  const pause = patience();
  while ((await epochs.read(epoch))?.status !== "committed")
    await pause(`the workflow to commit epoch ${epoch}`, commitPauseMs);
}

/** Waits a little each time, and throws once that was too long. */
function patience(): (reason: string, ms: number) => Promise<void> {
  const endsAt = performance.now() + patienceMs;
  return async (reason, ms) => {
    if (performance.now() > endsAt)
      throw new CliError(`waited ${patienceMs / 1000} s for ${reason} in vain; run it again`);
    await sleep(ms);
  };
}
