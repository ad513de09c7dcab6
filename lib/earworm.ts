import type { App } from "aws-cdk-lib";
import type { Settings } from "./settings.ts";
import { PipelineStack } from "./stacks/pipeline-stack.ts";
import { RealtimeStack } from "./stacks/realtime-stack.ts";
import { StateStack } from "./stacks/state-stack.ts";

export interface EarwormStacks {
  readonly state: StateStack;
  readonly realtime: RealtimeStack;
  readonly pipeline: PipelineStack;
}

/** One deployment of Earworm: its stacks, by lifecycle, joined. */
export function addStacks(app: App, settings: Settings): EarwormStacks {
  const name = (lifecycle: string) => `Earworm-${settings.stage}-${lifecycle}`;
  const state = new StateStack(app, name("State"), { settings });
  const { plays, segments, counters } = state;
  const realtime = new RealtimeStack(app, name("Realtime"), { settings, plays, segments, counters });
  const { broadcast } = realtime;
  const pipeline = new PipelineStack(app, name("Pipeline"), {
    settings,
    plays,
    segments,
    counters,
    broadcast,
  });
  return { state, realtime, pipeline };
}
