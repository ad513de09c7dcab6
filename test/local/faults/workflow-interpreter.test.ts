import { StateMachine } from "aws-local-stepfunctions";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bindResources, resourcesByTask } from "#src/workflow/asl.ts";
import {
  trendingPipeline,
  type WorkflowResource,
  workflowResources,
} from "#src/workflow/trending-pipeline.ts";
import { interpret } from "./workflow-interpreter.ts";

const arnPrefix = "arn:aws:lambda:us-east-1:000000000000:function:";
const execution = { Id: "execution", StartTime: "2026-11-21T00:00:00.000Z" };
const mostCalls = 60;

type Call = readonly [resource: string, input: unknown];
/** What a resource answers, call by call; then it goes on like the last. */
type Script = Readonly<Record<WorkflowResource, readonly ({ readonly fails: string } | object)[]>>;

const someFailure = fc.record({
  fails: fc.constantFrom("StaleEpochError", "CorruptStoreError", "StoreError", "Lambda.Unknown"),
});
const oneOf = (...answers: object[]) =>
  fc.array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...answers) }, someFailure), {
    minLength: 1,
    maxLength: 5,
  });

const alone = { isShared: false, workers: [0], areProfilesShared: false, profileWorkers: [0] };

const someScript = fc.record({
  plan: oneOf(
    { kind: "epoch", epoch: 7, isResumed: false, ...alone },
    { kind: "epoch", epoch: 7, isResumed: true, ...alone, isShared: true, workers: [0, 1, 2] },
    { kind: "epoch", epoch: 8, isResumed: true, ...alone, areProfilesShared: true, profileWorkers: [0, 1] },
    { kind: "early", waitSeconds: 3 },
    { kind: "idle" },
    { kind: "busy" },
  ),
  reduce: oneOf({ plays: 3 }),
  charts: oneOf({ plays: 3, charts: 2 }),
  "user-behavior": oneOf({ users: 2 }),
  listeners: oneOf({ users: 4 }),
  recommendation: oneOf({ trending: 1 }),
  commit: oneOf({ more: true, waitingPlays: 1 }, { more: false, waitingPlays: 0 }),
  broadcast: oneOf({}),
  release: oneOf({}),
}) satisfies fc.Arbitrary<Script>;

/** The library puts the time of day where it is told another. */
const withoutTime = (input: unknown): unknown =>
  JSON.parse(JSON.stringify(input), (name, value) => (name === "startedAt" ? typeof value : value));

/**
 * Answers as scripted and keeps what it was asked; a workflow that goes on for ever ends in an idle plan. What workers are
 * asked side by side has no order: each gets the same answers, and is kept once.
 */
function player(script: Script) {
  const calls: Call[] = [];
  const counts = new Map<string, number>();
  const workersOfPass = new Set<number>();
  const answer = (resource: WorkflowResource, input: unknown): Promise<never> => {
    const { worker = "" } = input as { readonly worker?: number };
    if (worker === "") {
      calls.push([resource, withoutTime(input)]);
      workersOfPass.clear();
    } else if (!workersOfPass.has(worker)) {
      workersOfPass.add(worker);
      calls.push([resource, input]);
    }
    const count = counts.get(`${resource} ${worker}`) ?? 0;
    counts.set(`${resource} ${worker}`, count + 1);
    if (calls.length > mostCalls && resource === "plan") return Promise.resolve({ kind: "idle" } as never);
    const answers = script[resource];
    const next = answers[Math.min(count, answers.length - 1)] ?? {};
    if (!("fails" in next)) return Promise.resolve(next as never);
    const error = new Error("scripted");
    error.name = String(next.fails);
    return Promise.reject(error);
  };
  return { calls, answer };
}

/** With no time between attempts, and none in `Wait`. */
async function runLibrary(
  script: Script,
): Promise<{ readonly status: string; readonly calls: readonly Call[] }> {
  const { calls, answer } = player(script);
  const definition = bindResources(trendingPipeline, (resource) => `${arnPrefix}${resource}`);
  const tasks = [...resourcesByTask(trendingPipeline)].map(
    ([name, resource]) => [name, (input: unknown) => answer(resource, input)] as const,
  );
  const noTime = Object.fromEntries(tasks.map(([name]) => [name, 0]));
  const run = new StateMachine(structuredClone(definition) as never).run(
    {},
    {
      overrides: {
        taskResourceLocalHandlers: Object.fromEntries(tasks) as never,
        retryIntervalOverrides: noTime,
        waitTimeOverrides: { WaitForTick: 0 },
      },
      context: { Execution: execution } as never,
    },
  );
  const status = await run.result.then(
    () => "succeeded",
    (error: Error) => `failed: ${error.cause instanceof Error ? error.cause.name : error.name}`,
  );
  return { status, calls };
}

async function runInterpreter(
  script: Script,
): Promise<{ readonly status: string; readonly calls: readonly Call[] }> {
  const { calls, answer } = player(script);
  const end = await interpret(trendingPipeline, {
    id: execution.Id,
    startTime: execution.StartTime,
    run: answer,
    sleep: () => Promise.resolve(),
  });
  return { status: end.status === "failed" ? `failed: ${end.error}` : end.status, calls };
}

test("the harness runs the workflow as the library of the embedded runtime does", {
  timeout: 300_000,
}, async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(someScript, async (script) => {
      const library = await runLibrary(script);

      const ours = await runInterpreter(script);

      expect(ours).toEqual(library);
      for (const [resource] of ours.calls) seen.add(resource);
    }),
    { numRuns: 100, seed: 4 },
  );
  expect([...seen].sort()).toEqual([...workflowResources].sort());
});

test("it waits as long as the definition says", async () => {
  const { answer } = player({
    plan: [
      { kind: "early", waitSeconds: 3 },
      { fails: "StoreError" },
      { fails: "StoreError" },
      { kind: "idle" },
    ],
    ...{
      reduce: [],
      listeners: [],
      charts: [],
      "user-behavior": [],
      recommendation: [],
      commit: [],
      broadcast: [],
      release: [],
    },
  });
  const slept: number[] = [];

  await interpret(trendingPipeline, {
    id: execution.Id,
    startTime: execution.StartTime,
    run: answer,
    sleep: (ms) => Promise.resolve(void slept.push(ms)),
  });

  expect(slept).toEqual([3000, 1000, 2000]);
});
