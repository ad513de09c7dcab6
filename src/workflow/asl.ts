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
  const bound = states.map(([name, state]) => [
    name,
    state.Type === "Task" ? { ...state, Resource: resourceOf(state.Resource) } : state,
  ]);
  return { ...workflow, States: Object.fromEntries(bound) };
}
