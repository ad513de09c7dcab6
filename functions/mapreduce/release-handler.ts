import type { EpochLog } from "#src/ports/epoch-log.ts";

export interface ReleaseDeps {
  readonly epochs: EpochLog;
}

/** After a failed stage: the epoch stays open, and the next run may take the lease at once and resume it. */
export const createReleaseHandler =
  (deps: ReleaseDeps) =>
  async ({ execution }: { readonly execution: string }): Promise<void> => {
    await deps.epochs.releaseLease(execution);
  };
