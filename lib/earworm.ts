import type { App } from "aws-cdk-lib";
import { watchedFunctionsIn } from "./constructs/stage-function.ts";
import type { Settings } from "./settings.ts";
import { BillingStack } from "./stacks/billing-stack.ts";
import { ObservabilityStack } from "./stacks/observability-stack.ts";
import { PipelineStack } from "./stacks/pipeline-stack.ts";
import { RealtimeStack } from "./stacks/realtime-stack.ts";
import { StateStack } from "./stacks/state-stack.ts";

export interface EarwormStacks {
  readonly state: StateStack;
  readonly realtime: RealtimeStack;
  readonly pipeline: PipelineStack;
  readonly observability: ObservabilityStack;
  /** Where the settings ask for it. */
  readonly billing: BillingStack | undefined;
}

/** One deployment of Earworm: its stacks, by lifecycle, joined. */
export function addStacks(app: App, settings: Settings): EarwormStacks {
  const name = (lifecycle: string) => `Earworm-${settings.stage}-${lifecycle}`;
  const state = new StateStack(app, name("State"), { settings });
  const { plays, segments, counters, archive } = state;
  const realtime = new RealtimeStack(app, name("Realtime"), { settings, plays, segments, counters });
  const { broadcast, connections, httpApi, webSocket } = realtime;
  const pipeline = new PipelineStack(app, name("Pipeline"), {
    settings,
    plays,
    segments,
    counters,
    archive,
    broadcast,
  });
  const { stateMachine } = pipeline;
  const functions = watchedFunctionsIn(realtime, pipeline);
  const observability = new ObservabilityStack(app, name("Observability"), {
    settings,
    deployment: { plays, segments, counters, connections, stateMachine, httpApi, webSocket, functions },
  });
  const watchedStacks = [state, realtime, pipeline, observability].map((stack) => stack.stackName);
  const billing =
    settings.costAnomalyUsd === 0
      ? undefined
      : new BillingStack(app, name("Billing"), { settings, watchedStacks });
  return { state, realtime, pipeline, observability, billing };
}
