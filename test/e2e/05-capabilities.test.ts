import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { capabilityNames, insteadOf } from "./capabilities.ts";
import { describeDeployed, needs, needsAwsCli } from "./harness/describe-deployed.ts";
import { named, wirePlay } from "./harness/wire-plays.ts";

const repository = join(import.meta.dirname, "../..");

test("a capability that an endpoint lacks is covered by a test that there is", () => {
  const missing = capabilityNames
    .map(insteadOf)
    .filter((instead) => !instead.startsWith("nothing yet") && !existsSync(join(repository, instead)));

  expect(missing).toEqual([]);
});

/*
 * What only some endpoints can do. A capability that is missing skips its test by name; that it is there was found out by a
 * probe, or is known of AWS, and then must be true of our deployment as well.
 */
describeDeployed("an endpoint that can do it", (deployed) => {
  const { system, deployment } = deployed;

  test("tells a thrown error by its name, so that the workflow does not repeat what cannot succeed", async (context) => {
    needsAwsCli(context, deployed);
    needs(context, deployed, "function-error-names");
    const reduce = await system.resource("Pipeline", "AWS::Lambda::Function", "Reduce");

    const answer = await system.invoke<{ readonly errorType: string }>(reduce, { epoch: 999_999_999 });

    expect(answer.errorType).toBe("CorruptStoreError");
  });

  test("refuses to take a play from strangers", async (context) => {
    needsAwsCli(context, deployed);
    needs(context, deployed, "iam");
    const text = wirePlay({ user: named("stranger"), track: named("forbidden") });

    const { code, stderr } = await system.aws.runAs(
      { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY: "nobody", AWS_SESSION_TOKEN: "" },
      ...["kinesis", "put-record", "--stream-name", deployment.streamName, "--partition-key", "stranger"],
      ...["--data", text, ...system.aws.rawData],
    );

    expect(code).not.toBe(0);
    expect(stderr).toMatch(/UnrecognizedClient|InvalidClientTokenId|security token/);
  });

  test("gives records sequence numbers of 56 digits, which the heads keep whole", async (context) => {
    needs(context, deployed, "sequence-numbers-of-56-digits");

    const sequenceNumber = await system.put({
      key: named("long"),
      data: wirePlay({ user: named("long"), track: named("long") }),
    });

    expect(sequenceNumber).toMatch(/^\d{56}$/);
  });

  test("encrypts the stream", async (context) => {
    needsAwsCli(context, deployed);
    needs(context, deployed, "stream-encryption");

    const { StreamDescriptionSummary } = await system.aws.json<{
      readonly StreamDescriptionSummary: { readonly KeyId: string };
    }>("kinesis", "describe-stream-summary", "--stream-name", deployment.streamName);

    expect(StreamDescriptionSummary.KeyId).toContain("alias/aws/kinesis");
  });

  test("deletes expired segments and connections", async (context) => {
    needsAwsCli(context, deployed);
    needs(context, deployed, "time-to-live");

    for (const table of [deployment.segmentsTable, deployment.connectionsTable]) {
      const { TimeToLiveDescription } = await system.aws.json<{ readonly TimeToLiveDescription: object }>(
        ...["dynamodb", "describe-time-to-live", "--table-name", table],
      );

      expect(TimeToLiveDescription).toMatchObject({ AttributeName: "expiresAt" });
    }
  });
});
