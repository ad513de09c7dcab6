import { CliError } from "#cli/cli-error.ts";
import { forgetListener } from "#cli/forget/forget-listener.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs, UserId } from "#src/domain/play.ts";
import type { Archive } from "#src/ports/archive.ts";
import type { TokenStore } from "#src/ports/token-store.ts";
import type { PipelineStores } from "#test/support/pipeline.ts";
import { faultyArchive, faultyStores, faultyTokens } from "./faulty-stores.ts";
import type { Caller } from "./invocation.ts";

const pauseMs = 60_000;
/** As long as a lease lasts, and a little longer. */
const mostPauses = 6;

export interface ForgetRun {
  readonly stores: PipelineStores;
  readonly tokens: TokenStore;
  readonly archive: Archive;
  readonly clock: () => EpochMs;
  readonly horizonMs: number;
  readonly owner: string;
  readonly sleep: (ms: number) => Promise<void>;
  /** A run of the workflow, as a schedule starts them. */
  readonly execute: () => Promise<void>;
}

/** One run of `earworm forget`, whose calls go through `caller`. Returns whether anything was known of the listener. */
export async function runForget(run: ForgetRun, userId: UserId, caller: Caller): Promise<boolean> {
  const stores = { ...faultyStores(run.stores, caller), tokens: faultyTokens(run.tokens, caller) };
  let pauses = 0;
  const pause = async (reason: string): Promise<void> => {
    pauses += 1;
    if (pauses > mostPauses) throw new CliError(`waited for ${reason} in vain; run it again`);
    await run.sleep(pauseMs);
  };
  const applied = async (epoch: EpochNumber): Promise<void> => {
    while ((await stores.epochs.read(epoch))?.status !== "committed") {
      await pause(`the workflow to commit epoch ${epoch}`);
      await run.execute();
    }
  };
  const { clock, horizonMs, owner } = run;
  const archive = faultyArchive(run.archive, caller);
  const deps = { ...{ stores, archive, clock, horizonMs, owner }, applied, pause };
  const forgotten = await forgetListener({ ...deps, alone: (work) => work() }, userId);
  return forgotten !== undefined;
}
