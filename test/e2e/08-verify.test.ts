import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { expect, test } from "vitest";
import { type Counter, songKey } from "#src/domain/counter.ts";
import type { EpochMs, TrackId } from "#src/domain/play.ts";
import { encodeTotals } from "#src/wire/totals-codec.ts";
import type { DeployedSystem } from "./harness/deployed-system.ts";
import { describeDeployed, needsAwsCli } from "./harness/describe-deployed.ts";
import { eventually } from "./harness/eventually.ts";
import { named, wirePlay } from "./harness/wire-plays.ts";

interface Figures {
  readonly epoch: number;
  readonly drift: number;
}

/** After all other files: whatever they sent has to be counted exactly once. */
describeDeployed("the verify function", (deployed) => {
  const { system } = deployed;

  test("finds everything that was counted in the archive, once, and what somebody changes by hand", async (context) => {
    needsAwsCli(context, deployed);
    const track = named("verified");
    await system.put({ key: named("verifier"), data: wirePlay({ user: named("verifier"), track }) });
    const song = await eventually("the play to be counted", async () => {
      const [counter] = await system.counters.read([songKey(track as TrackId)]);
      return counter;
    });
    await system.settled();

    const before = await verify(system);
    await addSkips(system, song, 1);
    const changed = await verify(system);
    const { verification } = await system.stats();
    await addSkips(system, song, -1);
    const restored = await verify(system);

    expect(before).toMatchObject({ drift: 0 });
    expect(before.epoch).toBeGreaterThanOrEqual(song.epoch);
    expect(changed).toMatchObject({ drift: 1 });
    expect(verification).toMatchObject({ drift: 1, from: null, to: null });
    expect(verification?.kinds).toContainEqual(expect.objectContaining({ kind: "songs", drift: 1 }));
    expect(restored).toMatchObject({ drift: 0 });
    expect((await system.stats()).verification).toMatchObject({ drift: 0 });
  });
});

async function verify(system: DeployedSystem): Promise<Figures> {
  const fn = await system.resource("Pipeline", "AWS::Lambda::Function", "VerifierVerify");
  const { verification } = await system.stats();
  const figures = await system.invoke<Figures>(fn, {});
  expect((await system.stats()).verification?.at).not.toBe(verification?.at);
  return figures;
}

/** Writes other totals than were counted, as somebody with access to the table can. */
async function addSkips(system: DeployedSystem, { key }: Counter, skips: number): Promise<void> {
  const [counter] = await system.counters.read([key]);
  if (counter === undefined) throw new Error(`${key} is not there any more`);
  const totals = { ...counter.totals, skips: counter.totals.skips + skips };
  await system.tables.send(
    new UpdateCommand({
      TableName: system.deployment.countersTable,
      Key: { pk: key, sk: "TOTAL" },
      UpdateExpression: "SET b = :totals",
      ExpressionAttributeValues: { ":totals": encodeTotals(totals, 0 as EpochMs) },
    }),
  );
}
