import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { describeDeployed, needs, needsAwsCli } from "./harness/describe-deployed.ts";
import { eventually } from "./harness/eventually.ts";
import { expectRecount } from "./harness/expect-recount.ts";
import { named, wirePlay } from "./harness/wire-plays.ts";

/** Plays of two songs of one artist by one listener; every third is too short to be charted. */
const someOf = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) =>
    wirePlay({
      ...{ user: named(name), track: named(`${name}-${i % 2}`), artist: named(`artist of ${name}`) },
      msPlayed: i % 3 === 2 ? 12_000 : 180_000 + i,
    }),
  );

const block = (texts: readonly string[]): Buffer => gzipSync(`${texts.join("\n")}\n`);

describeDeployed("a play put into the deployed stream", (deployed) => {
  const { system, deployment, folder } = deployed;
  const { streamName, countersTable } = deployment;

  test("with aws kinesis put-record is counted", async (context) => {
    needsAwsCli(context, deployed);
    const [text = ""] = someOf("cli-one", 1);

    const put = await system.aws.json<{ readonly SequenceNumber: string; readonly ShardId: string }>(
      ...["kinesis", "put-record", "--stream-name", streamName, "--partition-key", named("cli-one")],
      ...["--data", text, ...system.aws.rawData],
    );

    expect(put.ShardId).toMatch(/^shardId-/);
    expect(put.SequenceNumber).toMatch(/^\d+$/);
    await expectRecount(system, [text]);
  });

  test("in a gzip block with aws kinesis put-record is counted", async (context) => {
    needsAwsCli(context, deployed);
    const texts = someOf("cli-block", 30);
    const file = join(folder, "block.gz");
    writeFileSync(file, block(texts));

    await system.aws.json(
      ...["kinesis", "put-record", "--stream-name", streamName, "--partition-key", named("cli-block")],
      ...["--data", `fileb://${file}`],
    );

    await expectRecount(system, texts);
  });

  test("with aws kinesis put-records is counted", async (context) => {
    needsAwsCli(context, deployed);
    const texts = someOf("cli-many", 5);
    const records = texts.map((Data) => ({ Data, PartitionKey: named("cli-many") }));

    const put = await system.aws.json<{ readonly FailedRecordCount: number }>(
      ...["kinesis", "put-records", "--stream-name", streamName],
      ...["--records", JSON.stringify(records), ...system.aws.rawData],
    );

    expect(put.FailedRecordCount).toBe(0);
    await expectRecount(system, texts);
  });

  test("with the SDK's PutRecord is counted", async () => {
    const [text = ""] = someOf("sdk-one", 1);

    await system.put({ key: named("sdk-one"), data: text });

    await expectRecount(system, [text]);
  });

  test("with the SDK's PutRecords is counted, as JSON and in gzip blocks", async () => {
    const singles = someOf("sdk-many", 8);
    const blocked = someOf("sdk-blocks", 200);

    await system.putAll([
      ...singles.map((data) => ({ key: named("sdk-many"), data })),
      { key: named("sdk-blocks"), data: block(blocked.slice(0, 120)) },
      { key: named("sdk-blocks"), data: block(blocked.slice(120)) },
    ]);

    await expectRecount(system, [...singles, ...blocked]);
  });

  test("again, alone or in a block, is a duplicate and counts once", async () => {
    const before = await system.stats();
    const texts = someOf("twice", 3);
    const key = named("twice");

    await system.putAll(texts.map((data) => ({ key, data })));
    await system.put({ key, data: texts[0] ?? "" });
    await system.put({ key, data: block(texts) });
    const after = await system.statsAfter(before, { plays: 3, duplicates: 4 });

    expect(after).toMatchObject({ plays: before.plays + 3, duplicates: before.duplicates + 4 });
    const { duplicates } = await expectRecount(system, [...texts, texts[0] ?? "", ...texts]);
    expect(duplicates).toBe(4);
  });

  test("that is none is a reject, and those after it in its shard are counted", async () => {
    const before = await system.stats();
    const key = named("bad");
    const [good = ""] = someOf("bad", 1);

    await system.put({ key, data: "this is no JSON" });
    await system.put({ key, data: JSON.stringify({ track: { artist: "Nobody" }, started_at: 1 }) });
    await system.put({ key, data: good });
    const after = await system.statsAfter(before, { plays: 1, rejects: 2 });

    expect(after).toMatchObject({ plays: before.plays + 1, rejects: before.rejects + 2 });
    await expectRecount(system, [good]);
  });

  test("is in the totals that aws dynamodb get-item reads", async (context) => {
    needsAwsCli(context, deployed);
    const texts = someOf("read-back", 7);
    await system.put({ key: named("read-back"), data: block(texts) });
    const { songs } = await expectRecount(system, texts);
    const track = named("read-back-0");

    const { Item } = await system.aws.json<{ readonly Item: Record<string, { readonly N?: string }> }>(
      ...["dynamodb", "get-item", "--table-name", countersTable, "--consistent-read"],
      ...["--key", JSON.stringify({ pk: { S: `SONG#${track}` }, sk: { S: "TOTAL" } })],
    );

    expect(Item["plays"]?.N).toBe(String(songs.get(track)?.plays));
  });
});

describeDeployed("the workflow's runs", (deployed) => {
  const { system } = deployed;

  test("can be read in the commit function's log: one line for each epoch", async (context) => {
    needsAwsCli(context, deployed);
    needs(context, deployed, "function-logs");
    const { epoch } = await system.stats();
    const group = await system.resource("Pipeline", "AWS::Logs::LogGroup", "CommitLogs");

    const committed = await eventually(`a line for epoch ${epoch}`, async () => {
      const epochs = committedEpochs(await system.logLines(group));
      return epochs.includes(epoch) && epochs;
    });

    expect(epoch).toBeGreaterThan(1);
    // A commit may be repeated; an epoch may not be missing.
    expect([...new Set(committed)].sort((a, b) => a - b).slice(0, epoch)).toEqual(
      Array.from({ length: epoch }, (_, i) => i + 1),
    );
  });
});

/** The epochs in a function's log lines, of which only ours are JSON. */
function committedEpochs(lines: readonly string[]): number[] {
  return lines
    .filter((line) => line.includes('"epoch committed"'))
    .map((line) => (JSON.parse(line) as { readonly epoch: number }).epoch);
}
