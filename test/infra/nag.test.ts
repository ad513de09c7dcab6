import { AwsSolutionsChecks } from "cdk-nag";
import { expect, test } from "vitest";
import { addStacks } from "#lib/earworm.ts";
import { settingsFor } from "#lib/settings.ts";
import { anApp } from "./templates.ts";

type Overrides = Parameters<typeof settingsFor>[1];

/** What cdk-nag finds that is neither mended nor acknowledged beside its construct, as `rule path`. */
function findings(stage: string, overrides: Overrides = {}): string[] {
  const app = anApp();
  addStacks(app, settingsFor(stage, overrides));
  return new AwsSolutionsChecks()
    .validateScope(app)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`),
    );
}

/** Everything that is optional. */
const everything: Overrides = {
  alarmEmails: ["oncall@example.com"],
  costAnomalyUsd: 5,
  webSocketAccess: "token",
  allowedOrigins: ["https://dashboard.example"],
};

test.each([
  ["dev", {}],
  ["prod", {}],
  ["prod", everything],
  ["large-fleet", {}],
] as const)("the AWS Solutions rules find nothing in %s with %j", (stage, overrides) => {
  expect(findings(stage, overrides)).toEqual([]);
});
