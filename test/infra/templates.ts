import { readFileSync } from "node:fs";
import { App, type Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { addStacks } from "#lib/earworm.ts";
import { settingsFor } from "#lib/settings.ts";

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: readonly string[];
}

export interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

interface Reference {
  readonly Ref?: string;
  readonly "Fn::GetAtt"?: readonly [id: string, attribute: string];
  readonly "Fn::ImportValue"?: string;
}

const cdkJson: unknown = JSON.parse(readFileSync(`${import.meta.dirname}/../../cdk.json`, "utf8"));
const { context } = cdkJson as { context: Record<string, unknown> };

/** An app with the flags a deployment has, that bundles no function. */
export const anApp = (): App => new App({ context: { ...context, "aws:cdk:bundling-stacks": [] } });

/** Every template of one stage; synthesis takes seconds, so do it once in a file. */
export function synthesize(stage: string, overrides: Parameters<typeof settingsFor>[1] = {}) {
  const stacks = addStacks(anApp(), settingsFor(stage, overrides));
  const template = (stack: Stack) => Template.fromStack(stack);
  const state = template(stacks.state);
  const realtime = template(stacks.realtime);
  const pipeline = template(stacks.pipeline);
  const observability = template(stacks.observability);
  const all = [state, realtime, pipeline, observability];
  return { state, realtime, pipeline, observability, all };
}

export function resourcesOf(
  templates: readonly Template[],
  type: string,
): [id: string, resource: Resource][] {
  return templates.flatMap((template) =>
    Object.entries(template.findResources(type) as Record<string, Resource>),
  );
}

const variablesOf = ({ Properties }: Resource): Record<string, unknown> =>
  (Properties["Environment"] as { Variables: Record<string, unknown> }).Variables;

/** The variables of each function, by the name of its entry file: `mapreduce-plan`, `api`. */
export function environments(templates: readonly Template[]): Map<string, Record<string, unknown>> {
  const functions = resourcesOf(templates, "AWS::Lambda::Function").map(([, fn]) => variablesOf(fn));
  return new Map(functions.map((variables) => [String(variables["POWERTOOLS_SERVICE_NAME"]), variables]));
}

/** The entry file's name of the function that a reference in a template stands for. */
export function serviceAt(templates: readonly Template[], reference: unknown): string {
  const { Ref, "Fn::GetAtt": attribute, "Fn::ImportValue": exported } = reference as Reference;
  if (exported !== undefined) {
    const outputs = templates.flatMap((template) => Object.values(template.findOutputs("*")));
    return serviceAt(templates, outputs.find((output) => output["Export"]?.Name === exported)?.["Value"]);
  }
  const id = Ref ?? attribute?.[0];
  const functions = resourcesOf(templates, "AWS::Lambda::Function");
  const found = functions.find(([candidate]) => candidate === id);
  if (found === undefined) throw new Error(`no function ${id} in any template`);
  return String(variablesOf(found[1])["POWERTOOLS_SERVICE_NAME"]);
}

/** The text of a `Fn::Join`, with what `named` makes of each reference in it. */
export function textOf(value: unknown, named: (reference: unknown) => string): string {
  const [separator, parts] = (value as { "Fn::Join": [string, unknown[]] })["Fn::Join"];
  return parts.map((part) => (typeof part === "string" ? part : named(part))).join(separator);
}

/** The only resource of a type. */
export function onlyResource(template: Template, type: string): [id: string, resource: Resource] {
  const [first, ...others] = resourcesOf([template], type);
  if (first === undefined || others.length > 0) throw new Error(`not exactly one ${type} in the template`);
  return first;
}

/** The properties of the only resource of a type. */
export const onlyOne = (template: Template, type: string): Resource["Properties"] =>
  onlyResource(template, type)[1].Properties;

export function statementsOf(policy: Resource): readonly Statement[] {
  return (policy.Properties["PolicyDocument"] as { Statement: readonly Statement[] }).Statement;
}

export const listed = <T>(oneOrMore: T | readonly T[]): readonly T[] =>
  Array.isArray(oneOrMore) ? oneOrMore : [oneOrMore as T];
