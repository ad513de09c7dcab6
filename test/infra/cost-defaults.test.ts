import { expect, test } from "vitest";
import { settingsFor } from "#lib/settings.ts";
import { deployedDefaults } from "../../bench/cost/deployed-defaults.ts";

test("what docs/cost.md computes with is what is deployed by default", () => {
  const settings = settingsFor("prod");
  const { stageTimeoutSeconds: _, segmentRetentionDays, streamRetentionDays, ...others } = deployedDefaults;

  expect(settings).toMatchObject(others);
  expect(settings).toMatchObject({ segmentRetentionDays, streamRetentionHours: streamRetentionDays * 24 });
});
