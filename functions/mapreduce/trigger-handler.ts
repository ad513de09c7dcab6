import type { WorkflowStarter } from "#src/ports/workflow-starter.ts";

export interface TriggerDeps {
  readonly starter: WorkflowStarter;
}

/** Starts the workflow, whoever asks: the segments' stream at the tick, or the schedule that is the safety net. */
export const createTriggerHandler =
  (deps: TriggerDeps): (() => Promise<void>) =>
  () =>
    deps.starter.start();
