import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { AnalysisEngine } from "#cli/analysis-engine.ts";

const dir = mkdtempSync(join(tmpdir(), "earworm-engine-"));
const facts = { source: "-", rejectedLines: 0, top: 10, users: 10 };

afterAll(() => rmSync(dir, { recursive: true }));

const aRecord = (id: string, partitionKey = "me", fields: object = {}) => ({
  partitionKey,
  data: Buffer.from(
    JSON.stringify({
      ...fields,
      ...{ event_id: id, user_id: "me", track: { artist: "Coldplay", title: "Yellow" } },
      started_at: "2025-11-05T08:30:00",
    }),
  ),
});

test("what was put is in the figures", async () => {
  const engine = new AnalysisEngine({ dataDir: join(dir, "good"), shards: 1, tickMs: 1000 });

  await engine.put([aRecord("a"), aRecord("b")]);
  await engine.put([aRecord("b"), aRecord("c")]);
  const { input } = await engine.settle(facts);

  expect(input).toEqual({ plays: 3, duplicates: 1, rejected: 0 });
  await engine.close();
});

test("a marked play that counted in another shard is among the duplicates", async () => {
  const engine = new AnalysisEngine({ dataDir: join(dir, "marked"), shards: 4, tickMs: 1000 });
  const keys = Array.from({ length: 16 }, (_, key) => `p${key}`);

  await engine.put(keys.map((key) => aRecord("a", key, { dedupe: "always" })));
  const { input } = await engine.settle(facts);

  expect(input).toEqual({ plays: 1, duplicates: 15, rejected: 0 });
  await engine.close();
});

test("a put that fails is told by settle at the latest: there are no figures with plays missing", async () => {
  const engine = new AnalysisEngine({ dataDir: join(dir, "refusing"), shards: 1, tickMs: 1000 });

  await engine.put([aRecord("a")]);
  await engine.put([aRecord("b", "x".repeat(100_000))]); // the stream takes no such key
  const settled = engine.settle(facts);

  await expect(settled).rejects.toThrow("the stream plays took no records");
  await expect(engine.put([aRecord("c")])).rejects.toThrow("the stream plays took no records");
  await engine.close();
});

test("an engine that cannot start says why, and nobody waits for it for ever", async () => {
  const dataDir = join(dir, "file");
  writeFileSync(dataDir, "");
  const engine = new AnalysisEngine({ dataDir, shards: 1, tickMs: 1000 });

  await expect(engine.settle(facts)).rejects.toThrow(`cannot create the data directory ${dataDir}`);
  await expect(engine.put([aRecord("a")])).rejects.toThrow(dataDir);
  await engine.close();
});
