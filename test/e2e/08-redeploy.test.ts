import { expect, test } from "vitest";
import { Cdk, stacksIn } from "./harness/cdk.ts";
import { describeDeployed, needs, needsAwsCli } from "./harness/describe-deployed.ts";
import { createToken } from "./harness/earworm-cli.ts";
import { expectRecount } from "./harness/expect-recount.ts";
import { PushListener } from "./harness/push-listener.ts";
import { named, wirePlay } from "./harness/wire-plays.ts";

describeDeployed("another cdk deploy", (deployed) => {
  const { system, deployment, context: deployContext, folder } = deployed;
  const cdk = new Cdk(deployment.target, folder);

  test("of the same changes nothing", async () => {
    const { output } = await cdk.deploy(deployContext);

    const stacks = stacksIn(output);
    expect(stacks.length).toBeGreaterThanOrEqual(3);
    expect(stacks).toEqual(stacks.map(({ name }) => ({ name, hasChanged: false })));
  });

  test("with another tick changes the tick, and nothing of what was counted", async (context) => {
    needsAwsCli(context, deployed);
    const before = await system.stats();

    const { output } = await cdk.deploy({ ...deployContext, tickSeconds: 2 });

    const changed = stacksIn(output).filter(({ hasChanged }) => hasChanged);
    // The page is told how often charts may change.
    expect(changed.map(({ name }) => name)).toEqual(
      ["Realtime", "Pipeline"].map((it) => system.stackName(it)),
    );
    expect(await readTick()).toEqual({ function: "2", mapping: 2 });
    const text = wirePlay({ user: named("after"), track: named("after-the-tick-changed") });
    await system.put({ key: named("after"), data: text });
    await expectRecount(system, [text]);
    const after = await system.statsAfter(before, { plays: 1 });
    expect([after.plays, after.epoch]).toEqual([before.plays + 1, before.epoch + 1]);
  });

  test("with webSocketAccess=token lets nobody in without one", async (context) => {
    needs(context, deployed, "websocket-authorizer");
    const token = await createToken(deployment.target.stage, "--user", named("viewer"));

    await cdk.deploy({ ...deployContext, webSocketAccess: "token" });

    const withToken = `${deployment.webSocketUrl}?token=${token.text}`;
    await expect(PushListener.open(deployment.webSocketUrl)).rejects.toThrow("answered with 401");
    await expect(PushListener.open(`${withToken}x`)).rejects.toThrow(/answered with 40[13]/);
    (await PushListener.open(withToken)).close();
  });

  /** The tick as the plan function and the trigger's event source mapping have it. */
  async function readTick(): Promise<{
    readonly function: string | undefined;
    readonly mapping: number | undefined;
  }> {
    const plan = await system.resource("Pipeline", "AWS::Lambda::Function", "Plan");
    const trigger = await system.resource("Pipeline", "AWS::Lambda::Function", "StartTrigger");
    const configuration = await system.aws.json<{
      readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
    }>("lambda", "get-function-configuration", "--function-name", plan);
    const { EventSourceMappings } = await system.aws.json<{
      readonly EventSourceMappings: readonly { readonly MaximumBatchingWindowInSeconds: number }[];
    }>("lambda", "list-event-source-mappings", "--function-name", trigger);
    return {
      function: configuration.Environment.Variables["TICK_SECONDS"],
      mapping: EventSourceMappings[0]?.MaximumBatchingWindowInSeconds,
    };
  }
});
