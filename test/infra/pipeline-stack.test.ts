import validateAsl from "asl-validator";
import { Match } from "aws-cdk-lib/assertions";
import { expect, test } from "vitest";
import { bindResources, resourcesByTask, type WorkflowState } from "#src/workflow/asl.ts";
import { trendingPipeline, workflowResources } from "#src/workflow/trending-pipeline.ts";
import { onlyOne, resourcesOf, serviceAt, synthesize, textOf } from "./templates.ts";

const { state, pipeline, all } = synthesize("prod");
const onlyMapping = (properties: object): Record<string, unknown> => {
  const found = Object.values(
    pipeline.findResources("AWS::Lambda::EventSourceMapping", { Properties: properties }),
  );
  expect(found).toHaveLength(1);
  return found[0]?.["Properties"];
};
const consumerMapping = () =>
  onlyMapping({ StartingPosition: "TRIM_HORIZON", MaximumBatchingWindowInSeconds: 1 });
const archiverMapping = () =>
  onlyMapping({ StartingPosition: "TRIM_HORIZON", MaximumBatchingWindowInSeconds: 60 });
const triggerMapping = () => onlyMapping({ StartingPosition: "LATEST" });

/** The definition as Step Functions gets it, with each ARN turned back into the workflow's name for the function. */
function deployedDefinition(): unknown {
  const { DefinitionString } = onlyOne(pipeline, "AWS::StepFunctions::StateMachine");
  const nameOf = (arn: unknown) =>
    serviceAt(all, arn).replace(/^(mapreduce|user-behavior|ws-broadcast)-/, "");
  return JSON.parse(textOf(DefinitionString, nameOf));
}

test("the state machine is the object that the embedded runner executes", () => {
  expect(deployedDefinition()).toStrictEqual(trendingPipeline);
  expect(JSON.stringify(deployedDefinition())).toBe(JSON.stringify(trendingPipeline));
});

test("the definition is valid, and only what both runners support", () => {
  const bound = bindResources(
    trendingPipeline,
    (name) => `arn:aws:lambda:us-east-1:123456789012:function:${name}`,
  );
  const { isValid, errorsText } = validateAsl(structuredClone(bound));
  const states = Object.values<WorkflowState<string, string>>(trendingPipeline.States);

  expect(errorsText()).toBe("");
  expect(isValid).toBe(true);
  for (const state of states) {
    expect(["Task", "Map", "Choice", "Wait", "Succeed", "Fail"]).toContain(state.Type);
    if (state.Type === "Map") expect(state.ItemProcessor.ProcessorConfig).toEqual({ Mode: "INLINE" });
  }
  const called = [...resourcesByTask(trendingPipeline).values()];
  expect([...new Set(called)].sort()).toEqual([...workflowResources].sort());
  expect(JSON.stringify(trendingPipeline)).not.toMatch(
    /"(QueryLanguage|Arguments|Assign|Output|ItemReader|ItemBatcher|ToleratedFailure\w*|ResultWriter)"|\{%|taskToken|States\.\w+\(/i,
  );
});

test("the workflow is Express, traced and logs what fails", () => {
  pipeline.hasResourceProperties("AWS::StepFunctions::StateMachine", {
    StateMachineType: "EXPRESS",
    TracingConfiguration: { Enabled: true },
    LoggingConfiguration: Match.objectLike({ Level: "ERROR", IncludeExecutionData: false }),
  });
});

test.each([
  ["mapreduce-consume", consumerMapping, 1],
  ["archive", archiverMapping, 60],
] as const)("%s keeps each shard's order and never gives a batch up", (service, mappingOf, window) => {
  const mapping = mappingOf();

  expect(mapping).toMatchObject({
    ParallelizationFactor: 1,
    MaximumRetryAttempts: -1,
    MaximumRecordAgeInSeconds: -1,
    BisectBatchOnFunctionError: true,
    BatchSize: 10_000,
    MaximumBatchingWindowInSeconds: window,
  });
  for (const name of [
    "FunctionResponseTypes",
    "TumblingWindowInSeconds",
    "DestinationConfig",
    "FilterCriteria",
  ])
    expect(mapping).not.toHaveProperty(name);
  expect(serviceAt(all, mapping["FunctionName"])).toBe(service);
});

test("new segments start the workflow at the tick, and nothing else in their table does", () => {
  const mapping = triggerMapping();
  const { Filters } = mapping["FilterCriteria"] as { Filters: { Pattern: string }[] };

  expect(mapping).toMatchObject({
    MaximumBatchingWindowInSeconds: 5,
    BatchSize: 10_000,
    ParallelizationFactor: 1,
    MaximumRetryAttempts: 2,
    MaximumRecordAgeInSeconds: 60,
  });
  expect(Filters.map(({ Pattern }) => JSON.parse(Pattern))).toEqual([
    { eventName: ["INSERT"], dynamodb: { Keys: { pk: { S: [{ prefix: "SEG#" }] } } } },
  ]);
  expect(serviceAt(all, mapping["FunctionName"])).toBe("mapreduce-trigger");
});

test("the trigger listens to the segments' stream", () => {
  const { "Fn::ImportValue": exported } = triggerMapping()["EventSourceArn"] as Record<string, unknown>;
  const source = Object.values(state.findOutputs("*")).find((output) => output["Export"]?.Name === exported);

  expect(source?.["Value"]).toEqual({ "Fn::GetAtt": [expect.stringMatching(/^Segments/), "StreamArn"] });
});

test("once a minute the workflow starts whatever happens, and once a day the totals are verified", () => {
  const rules = resourcesOf([pipeline], "AWS::Events::Rule").map(([, { Properties }]) => {
    const { ScheduleExpression, State, Targets } = Properties;
    const targets = Targets as { Arn: unknown }[];
    return [ScheduleExpression, State, ...targets.map(({ Arn }) => serviceAt(all, Arn))];
  });

  expect(rules.sort()).toEqual([
    ["rate(1 day)", "ENABLED", "verify"],
    ["rate(1 minute)", "ENABLED", "mapreduce-trigger"],
  ]);
});
