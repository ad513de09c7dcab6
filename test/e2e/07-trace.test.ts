import { expect, test } from "vitest";
import { runEarworm } from "#test/support/earworm-process.ts";
import { describeDeployed } from "./harness/describe-deployed.ts";
import { eventually } from "./harness/eventually.ts";
import { named, wirePlay } from "./harness/wire-plays.ts";

interface Trace {
  readonly arrived: number;
  readonly counted: number;
  readonly arrivals: readonly {
    readonly received: { readonly at: number };
    readonly segment: { readonly at: number };
    readonly epoch: {
      readonly started_at: number;
      readonly published_at: number;
      readonly committed_at: number;
      readonly pushed: { readonly at: number } | null;
    } | null;
  }[];
}

describeDeployed("earworm trace", ({ system, deployment }) => {
  test("follows a play through the deployed stack to its push, and names nobody", async () => {
    const eventId = named("traced");
    const user = named("traced-listener");
    await system.put({ key: user, data: wirePlay({ eventId, user, track: named("traced-song") }) });

    const [trace, text] = await eventually("the play's push", async () => {
      const args = ["trace", eventId, "--stage", deployment.target.stage, "--json"];
      const { code, stdout } = await runEarworm(args);
      const json = code === 0 ? (JSON.parse(stdout) as Trace) : undefined;
      return json?.arrivals[0]?.epoch?.pushed ? ([json, stdout] as const) : undefined;
    });

    const [arrival] = trace.arrivals;
    const epoch = arrival?.epoch;
    const workflow = [
      epoch?.started_at,
      epoch?.published_at,
      epoch?.committed_at,
      epoch?.pushed?.at,
    ] as number[];
    expect(trace).toMatchObject({ arrived: 1, counted: 1 });
    expect(workflow).toEqual(workflow.toSorted((a, b) => a - b));
    expect(epoch?.started_at).toBeGreaterThanOrEqual(arrival?.segment.at ?? Number.NaN);
    expect(text).not.toContain(user);
  });
});
