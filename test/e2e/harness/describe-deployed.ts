import { afterAll, describe, inject, type TestContext, test } from "vitest";
import type { CapabilityName } from "../capabilities.ts";
import { insteadOf } from "../capabilities.ts";
import { howToGetAwsCli } from "./aws-cli.ts";
import { DeployedSystem } from "./deployed-system.ts";
import type { Prepared } from "./prepare.ts";
import { environmentFor } from "./target.ts";

/** What a suite gets. */
export interface Deployed extends Prepared {
  readonly system: DeployedSystem;
}

/** Runs a suite against what the global setup deployed; skips where it could not. */
export function describeDeployed(name: string, suite: (deployed: Deployed) => void): void {
  const e2e = inject("e2e");
  if ("missing" in e2e) {
    describe(name, () => test.skip(e2e.missing));
    return;
  }
  const { prepared } = e2e;
  Object.assign(process.env, environmentFor(prepared.deployment.target));
  describe(name, () => {
    const system = new DeployedSystem(prepared.deployment, prepared.cli, prepared.token);
    afterAll(() => system.close());
    suite({ ...prepared, system });
  });
}

/** Skips a test where this machine has no AWS CLI; with CI=true the setup has failed before. */
export function needsAwsCli({ skip }: TestContext, { cli }: Prepared): void {
  skip(cli === undefined, howToGetAwsCli);
}

/** Skips a test, by name, where the endpoint cannot do what it is about. */
export function needs(
  { skip }: TestContext,
  { capabilities, deployment }: Prepared,
  name: CapabilityName,
): void {
  const support = capabilities.find((each) => each.name === name);
  skip(support?.isSupported !== true, `${deployment.target.kind} lacks ${name}; instead: ${insteadOf(name)}`);
}
