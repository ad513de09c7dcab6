/** The subset of the Amazon States Language (JSONPath) that Step Functions and the embedded runner both execute. */

type Parameters = { readonly [name: string]: string | number | boolean | Parameters };

type Transition<State extends string> =
  | { readonly Next: State; readonly End?: never }
  | { readonly End: true; readonly Next?: never };

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts: number;
  readonly BackoffRate?: number;
}

export interface Catcher<State extends string> {
  readonly ErrorEquals: readonly string[];
  readonly ResultPath: string;
  readonly Next: State;
}

/** Runs one function. `Resource` is its name; each runtime resolves it to what it can call. */
export type TaskState<State extends string, Resource extends string> = {
  readonly Type: "Task";
  readonly Resource: Resource;
  readonly Parameters?: Parameters;
  readonly ResultPath?: string;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher<State>[];
} & Transition<State>;

/**
 * Runs a task for each item of an array, side by side; any that fails, fails it. It gives nothing on: what the tasks
 * did is in the stores.
 */
export type MapState<State extends string, Resource extends string> = {
  readonly Type: "Map";
  readonly ItemsPath: string;
  readonly ItemSelector: Parameters;
  /** 40 at most. */
  readonly MaxConcurrency: number;
  readonly ItemProcessor: {
    readonly ProcessorConfig: { readonly Mode: "INLINE" };
    readonly StartAt: string;
    readonly States: Readonly<Record<string, ItemTask<Resource>>>;
  };
  readonly ResultPath: null;
  readonly Catch?: readonly Catcher<State>[];
} & Transition<State>;

/** The only state that an item goes through. */
export interface ItemTask<Resource extends string> {
  readonly Type: "Task";
  readonly Resource: Resource;
  readonly Retry?: readonly Retrier[];
  readonly End: true;
}

export interface ChoiceRule<State extends string> {
  readonly Variable: string;
  readonly StringEquals?: string;
  readonly BooleanEquals?: boolean;
  readonly Next: State;
}

export interface ChoiceState<State extends string> {
  readonly Type: "Choice";
  readonly Choices: readonly ChoiceRule<State>[];
  readonly Default: State;
}

export type WaitState<State extends string> = {
  readonly Type: "Wait";
  readonly SecondsPath: string;
} & Transition<State>;

export interface SucceedState {
  readonly Type: "Succeed";
}

export interface FailState {
  readonly Type: "Fail";
  readonly ErrorPath: string;
  readonly CausePath: string;
}

export type WorkflowState<State extends string, Resource extends string> =
  | TaskState<State, Resource>
  | MapState<State, Resource>
  | ChoiceState<State>
  | WaitState<State>
  | SucceedState
  | FailState;

export interface Workflow<State extends string, Resource extends string> {
  readonly Comment: string;
  readonly StartAt: State;
  readonly States: Readonly<Record<State, WorkflowState<State, Resource>>>;
}

/** Rejects at compile time a `StartAt`, `Next` or `Default` that names no state. */
export const defineWorkflow = <const State extends string, const Resource extends string>(workflow: {
  Comment: string;
  StartAt: NoInfer<State>;
  States: Record<State, WorkflowState<NoInfer<State>, Resource>>;
}): Workflow<State, Resource> => workflow;

/** The workflow with every task's resource replaced by what `resourceOf` gives for it. */
export function bindResources<State extends string, Resource extends string>(
  workflow: Workflow<State, Resource>,
  resourceOf: (resource: Resource) => string,
): Workflow<State, string> {
  const states = Object.entries<WorkflowState<State, Resource>>(workflow.States);
  return {
    ...workflow,
    States: Object.fromEntries(states.map(([name, state]) => [name, bindState(state, resourceOf)])),
  } as Workflow<State, string>;
}

function bindState<State extends string, Resource extends string>(
  state: WorkflowState<State, Resource>,
  resourceOf: (resource: Resource) => string,
): WorkflowState<State, string> {
  if (state.Type === "Task") return { ...state, Resource: resourceOf(state.Resource) };
  if (state.Type !== "Map") return state;
  const { ItemProcessor } = state;
  const States = Object.fromEntries(
    Object.entries(ItemProcessor.States).map(([name, task]) => [
      name,
      { ...task, Resource: resourceOf(task.Resource) },
    ]),
  );
  return { ...state, ItemProcessor: { ...ItemProcessor, States } };
}

/** The resource of each task by the task's name, those inside maps included; no two tasks have one name. */
export function resourcesByTask<Resource extends string>(
  workflow: Workflow<string, Resource>,
): ReadonlyMap<string, Resource> {
  const found = new Map<string, Resource>();
  for (const [name, state] of Object.entries<WorkflowState<string, Resource>>(workflow.States)) {
    if (state.Type === "Task") found.set(name, state.Resource);
    if (state.Type !== "Map") continue;
    for (const [task, { Resource }] of Object.entries(state.ItemProcessor.States)) found.set(task, Resource);
  }
  return found;
}
