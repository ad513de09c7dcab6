import type { Catcher, ChoiceState, MapState, Retrier, TaskState, Workflow } from "#src/workflow/asl.ts";

/** How an execution ended; `died` where it was lost between two states. */
export type ExecutionEnd =
  | { readonly status: "succeeded" | "died" }
  | { readonly status: "failed"; readonly error: string };

export interface ExecutionOptions<State extends string, Resource extends string> {
  readonly id: string;
  /** ISO 8601. */
  readonly startTime: string;
  readonly run: (resource: Resource, input: unknown) => Promise<unknown>;
  readonly sleep: (ms: number) => Promise<void>;
  /** Whether the execution is lost before it enters its n-th state, from 0. */
  readonly diesBefore?: (transition: number, state: State) => boolean;
}

type Json = { readonly [name: string]: unknown };

/** A failed task, as the States Language sees it. */
class StateError extends Error {
  readonly error: string;

  constructor(error: string, options: ErrorOptions) {
    super(error, options);
    this.error = error;
  }
}

/**
 * Executes what `src/workflow/asl.ts` allows, in virtual time: the library that the embedded runtime uses sleeps for real.
 * workflow-interpreter.test.ts holds the two against each other.
 */
export async function interpret<State extends string, Resource extends string>(
  workflow: Workflow<State, Resource>,
  options: ExecutionOptions<State, Resource>,
): Promise<ExecutionEnd> {
  const context = { Execution: { Id: options.id, StartTime: options.startTime } };
  let data: Json = {};
  let name: State = workflow.StartAt;
  for (let transition = 0; ; transition++) {
    if (options.diesBefore?.(transition, name) === true) return { status: "died" };
    const state = workflow.States[name];
    switch (state.Type) {
      case "Succeed":
        return { status: "succeeded" };
      case "Fail":
        return { status: "failed", error: String(valueAt(state.ErrorPath, data)) };
      case "Choice":
        name = choose(state, data);
        continue;
      case "Wait":
        await options.sleep(Number(valueAt(state.SecondsPath, data)) * 1000);
        break;
      case "Task":
      case "Map": {
        const step = await runWork(state, data, context, options);
        if (step.kind === "uncaught") return { status: "failed", error: step.error };
        data = step.data;
        if (step.kind === "caught") {
          name = step.next;
          continue;
        }
      }
    }
    if (state.Next === undefined) return { status: "succeeded" };
    name = state.Next;
  }
}

type TaskStep<State> =
  | { readonly kind: "done"; readonly data: Json }
  | { readonly kind: "caught"; readonly data: Json; readonly next: State }
  | { readonly kind: "uncaught"; readonly error: string };

const runWork = <State extends string, Resource extends string>(
  state: TaskState<State, Resource> | MapState<State, Resource>,
  data: Json,
  context: Json,
  options: ExecutionOptions<State, Resource>,
): Promise<TaskStep<State>> =>
  state.Type === "Task" ? runTask(state, data, context, options) : runMap(state, data, context, options);

async function runTask<State extends string, Resource extends string>(
  state: TaskState<State, Resource>,
  data: Json,
  context: Json,
  options: ExecutionOptions<State, Resource>,
): Promise<TaskStep<State>> {
  const input = state.Parameters === undefined ? data : parametersOf(state.Parameters, data, context);
  return await withCatch(state, data, async () => {
    const result = await withRetries(state.Retry ?? [], () => options.run(state.Resource, input), options);
    return placed(data, state.ResultPath, result);
  });
}

/** Fails with the first item that does. Then no other is tried again; functions that run go on. */
async function runMap<State extends string, Resource extends string>(
  state: MapState<State, Resource>,
  data: Json,
  context: Json,
  options: ExecutionOptions<State, Resource>,
): Promise<TaskStep<State>> {
  const { StartAt, States } = state.ItemProcessor;
  const task = States[StartAt];
  if (task === undefined) throw new TypeError(`there is no state ${StartAt}`);
  const items = valueAt(state.ItemsPath, data) as readonly unknown[];
  let hasFailed = false;
  const isWanted = (): boolean => !hasFailed;
  const runItem = async (Value: unknown, Index: number): Promise<void> => {
    const input = parametersOf(state.ItemSelector, data, { ...context, Map: { Item: { Index, Value } } });
    try {
      await withRetries(task.Retry ?? [], () => options.run(task.Resource, input), options, isWanted);
    } catch (error) {
      hasFailed = true;
      throw error;
    }
  };
  return await withCatch(state, data, async () => {
    await Promise.all(items.map(runItem));
    return data;
  });
}

async function withCatch<State extends string>(
  state: TaskState<State, string> | MapState<State, string>,
  data: Json,
  run: () => Promise<Json>,
): Promise<TaskStep<State>> {
  try {
    return { kind: "done", data: await run() };
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    const catcher = state.Catch?.find((each) => matches(each, error.error));
    if (catcher === undefined) return { kind: "uncaught", error: error.error };
    const caught = { Error: error.error, Cause: messageOf(error.cause) };
    return { kind: "caught", data: placed(data, catcher.ResultPath, caught), next: catcher.Next };
  }
}

async function withRetries(
  retriers: readonly Retrier[],
  run: () => Promise<unknown>,
  { sleep }: Pick<ExecutionOptions<string, string>, "sleep">,
  isWanted: () => boolean = () => true,
): Promise<unknown> {
  const attempts = new Map<Retrier, number>();
  for (;;) {
    try {
      return toJson(await run());
    } catch (cause) {
      const error = cause instanceof Error ? cause.name : String(cause);
      const pauseMs = nextPauseMs(retriers, error, attempts);
      if (pauseMs === undefined) throw new StateError(error, { cause });
      await sleep(pauseMs);
      if (!isWanted()) throw new StateError(error, { cause });
    }
  }
}

/** How long to wait before the next attempt; undefined where there is none. */
function nextPauseMs(
  retriers: readonly Retrier[],
  error: string,
  attempts: Map<Retrier, number>,
): number | undefined {
  const retrier = retriers.find((each) => matches(each, error));
  if (retrier === undefined) return undefined;
  const attempt = attempts.get(retrier) ?? 0;
  if (attempt >= retrier.MaxAttempts) return undefined;
  attempts.set(retrier, attempt + 1);
  return (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** attempt * 1000;
}

const matches = ({ ErrorEquals }: Retrier | Catcher<string>, error: string): boolean =>
  ErrorEquals.includes(error) || ErrorEquals.includes("States.ALL");

function choose<State extends string>({ Choices, Default }: ChoiceState<State>, data: Json): State {
  const rule = Choices.find(({ Variable, StringEquals, BooleanEquals }) => {
    const value = valueAt(Variable, data);
    return StringEquals === undefined ? value === BooleanEquals : value === StringEquals;
  });
  return rule?.Next ?? Default;
}

function parametersOf(parameters: Json, data: Json, context: Json): Json {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => {
      if (name.endsWith(".$")) {
        const path = String(value);
        const found = path.startsWith("$$") ? valueAt(path.slice(1), context) : valueAt(path, data);
        return [name.slice(0, -2), found];
      }
      return [name, typeof value === "object" ? parametersOf(value as Json, data, context) : value];
    }),
  );
}

/** `$.a.b` of the data. */
function valueAt(path: string, data: Json): unknown {
  let value: unknown = data;
  for (const name of path.split(".").slice(1)) value = (value as Json | undefined)?.[name];
  if (value === undefined) throw new TypeError(`there is nothing at ${path}`);
  return value;
}

/** The data with a result at `$.name`, or the result where there is no path. */
function placed(data: Json, path: string | undefined, result: unknown): Json {
  if (path === undefined) return result as Json;
  return { ...data, [path.slice("$.".length)]: result };
}

/** A Lambda's answer is JSON. */
const toJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? {}));

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
